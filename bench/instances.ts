/**
 * From a golden image to an ACTIVE container instance, as `oreno instances launch` is typed, on a real LXD with a pool of
 * btrfs that this starts (or the one of ORENO_TEST_LXD_DIR). The image is built first where LXD has none. Prints figures;
 * never fails on them. Needs root, lxd, btrfs-progs, mmdebstrap, squashfs-tools, busybox-static.
 * Run: node bench/instances.ts
 */
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { startLxd } from '../test/support/lxd.ts';

const run = promisify(execFile);
const rounds = 5;
const command = join(import.meta.dirname, '../oreno');

const world = await startLxd({ driver: 'btrfs' });
const folder = await mkdtemp(join(tmpdir(), 'oreno-bench-instances-'));
const env = { ...process.env, LXD_DIR: world.folder, ORENO_DATA_DIR: folder };
const server = spawn(command, ['server', '--listen', '127.0.0.1:0', '--log-format', 'json'], { env, stdio: 'ignore' });
const ended = new Promise((resolve) => server.once('exit', resolve));
const oreno = async (...args: readonly string[]): Promise<string> =>
  (await run(command, ['instances', ...args], { env })).stdout;

/** Launches so many at a time; the seconds of each until it was ACTIVE, and of the whole command. */
const launch = async (count: number) => {
  const begun = performance.now();
  const said = await oreno('launch', '--count', String(count), '--cpu', '1', '--memory', '1GiB', '--name', 'bench');
  const whole = (performance.now() - begun) / 1000;
  const each = [...said.matchAll(/ACTIVE in \S+ after ([\d.]+) s/g)].map(([, seconds]) => Number(seconds));
  await oreno('terminate', '--now', ...Array.from({ length: count }, (_, index) => `bench-${index + 1}`));
  return { each, whole };
};

const show = (name: string, seconds: readonly number[]): void => {
  const sorted = seconds.toSorted((a, b) => a - b);
  const [low, middle, high] = [sorted[0], sorted[Math.floor(sorted.length / 2)], sorted.at(-1)];
  const [from = '', median = '', to = ''] = [low, middle, high].map((value) => value?.toFixed(1));
  console.log(`${name.padEnd(44)} median ${median} s, from ${from} to ${to} s`);
};

try {
  for (const end = Date.now() + 20_000; !existsSync(join(folder, 'running.json')) && Date.now() < end;) await sleep(50);
  if ((await world.lxd.images.byAlias('oreno-instance')) === undefined) await oreno('image', 'build');
  // The first launch unpacks the image into the pool; those after it are copies of that.
  const first = await launch(1);
  console.log(`${process.version}, LXD ${world.lxd.server.environment.server_version}`);
  show('the first of an image, which is unpacked', first.each);
  const single = [];
  for (let round = 0; round < rounds; round += 1) single.push(await launch(1));
  show(
    `golden image to ACTIVE, ${rounds} launches`,
    single.flatMap(({ each }) => each),
  );
  show(
    'the whole command',
    single.map(({ whole }) => whole),
  );
  const three = await launch(3);
  show('three in one command, each', three.each);
  show('the whole command', [three.whole]);
} finally {
  server.kill('SIGTERM');
  await ended;
  await world.stop();
  await rm(folder, { recursive: true, force: true });
}
