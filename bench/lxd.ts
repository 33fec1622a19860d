/**
 * The LXD client against the `lxc` program, on a real LXD that this starts: a command in an instance, and a folder of
 * many small files into it. Prints medians and ratios; never fails on them. Needs root, lxd, lxd-client, busybox-static.
 * Run: node bench/lxd.ts
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startLxd } from '../test/support/lxd.ts';

const run = promisify(execFile);
const rounds = 25;
const files = 5_000;

const median = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0;

/** Milliseconds of each, in turns, so that what else the machine does falls on both. */
const compare = async (count: number, ours: () => Promise<unknown>, theirs: () => Promise<unknown>) => {
  const times: [number[], number[]] = [[], []];
  for (let round = 0; round < count; round += 1) {
    for (const [side, work] of [ours, theirs].entries()) {
      const begun = performance.now();
      await work();
      times[side]?.push(performance.now() - begun);
    }
  }
  return { ours: median(times[0]), theirs: median(times[1]) };
};

const show = (name: string, { ours, theirs }: { readonly ours: number; readonly theirs: number }): void =>
  console.log(
    `${name.padEnd(34)} here ${ours.toFixed(1).padStart(8)} ms   lxc ${theirs.toFixed(1).padStart(8)} ms   ${(theirs / ours).toFixed(2)} times as fast`,
  );

const world = await startLxd();
const folder = await mkdtemp(join(tmpdir(), 'oreno-bench-lxd-'));
try {
  const env = { ...process.env, LXD_DIR: world.folder, HOME: folder };
  await world.lxd.instances.create({ name: 'bench', source: { image: world.image } });
  const instance = world.lxd.instance('bench');
  await instance.start();
  const tree = join(folder, 'tree');
  for (let at = 0; at < files; at += 1) {
    const part = join(tree, String(at % 50));
    if (at < 50) await mkdir(part, { recursive: true });
    await writeFile(join(part, `${at}.txt`), `file ${at}\n`.repeat(20));
  }
  console.log(`${process.version}, LXD ${world.lxd.server.environment.server_version}`);
  show(
    `exec /bin/true, median of ${rounds}`,
    await compare(
      rounds,
      () => instance.run(['/bin/true']),
      () => run('lxc', ['exec', 'bench', '--', '/bin/true'], { env }),
    ),
  );
  show(
    `push of ${files} files, median of 3`,
    await compare(
      3,
      () => instance.files.push(tree, '/tmp/ours/'),
      () => run('lxc', ['file', 'push', '--quiet', '--recursive', '--create-dirs', tree, 'bench/tmp/theirs/'], { env }),
    ),
  );
} finally {
  await world.stop();
  await rm(folder, { recursive: true, force: true });
}
