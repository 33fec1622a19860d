/**
 * The registry against Debian's docker-registry on the same disk, in one run, by turns: pushes and pulls of one large
 * layer, of fifty of 4 MiB, and of two hundred small images, and four large pushes at once for the memory. The same
 * client asks both. Beside it what the loopback carries and what SHA-256 does on one core. Prints medians and ratios
 * (docker-registry's figure over oreno's: above 1 oreno is better); fails on nothing. Run: npm run bench:registry
 */
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, mkdtempSync, openSync, rmSync, unlinkSync, writeSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  closeConnections,
  eachOf,
  makeContent,
  pullImage,
  pushImage,
  type Image,
  type Target,
} from './registry/client.ts';
import { cpuSecondsOf, peakOf, resetPeak, startDockerRegistry, startOreno, type Registry } from './registry/servers.ts';

const rounds = Number(process.env['BENCH_ROUNDS'] ?? 3);
const only = process.env['BENCH_ONLY'];
const mebibyte = randomBytes(1 << 20);
const small = randomBytes(16 << 10);

interface Measure {
  readonly seconds: number;
  readonly cpu: number;
  readonly peak: number;
}

interface Row {
  readonly name: string;
  readonly images: () => readonly Image[];
  readonly atOnce: number;
}

const imageOf = (tag: string, layers: Image['layers']): Image => ({
  tag,
  config: makeContent(Buffer.from('{"architecture":"amd64","os":"linux"}\n'), 8),
  layers,
});

const layersOf = (count: number, mebibytes: number): Image['layers'] =>
  Array.from({ length: count }, () => makeContent(mebibyte, mebibytes));

const rows: readonly Row[] = [
  { name: 'one layer of 1 GiB', atOnce: 1, images: () => [imageOf('large', layersOf(1, 1024))] },
  { name: '50 layers of 4 MiB', atOnce: 1, images: () => [imageOf('layers', layersOf(50, 4))] },
  {
    name: '200 small images, 8 at once',
    atOnce: 8,
    images: () => Array.from({ length: 200 }, (_, n) => imageOf(`small-${n}`, [makeContent(small, 1)])),
  },
  {
    name: 'four layers of 1 GiB at once',
    atOnce: 4,
    images: () => Array.from({ length: 4 }, (_, n) => imageOf(`four-${n}`, layersOf(1, 1024))),
  },
].filter(({ name }) => only === undefined || name.includes(only));

const measure = async ({ pid }: Registry, work: () => Promise<void>): Promise<Measure> => {
  resetPeak(pid);
  const [cpu, begun] = [cpuSecondsOf(pid), performance.now()];
  await work();
  const seconds = (performance.now() - begun) / 1000;
  return { seconds, cpu: cpuSecondsOf(pid) - cpu, peak: peakOf(pid) };
};

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;

const mediansOf = (measures: readonly Measure[]): Measure => ({
  seconds: median(measures.map(({ seconds }) => seconds)),
  cpu: median(measures.map(({ cpu }) => cpu)),
  peak: Math.max(...measures.map(({ peak }) => peak)),
});

/**
 * Writes and deletes as many bytes: a virtual machine that has memory free may have to get it from its host first, page
 * by page, which costs more than all else and whoever comes first.
 */
const touchMemory = (bytes: number): void => {
  const file = join(folder, 'touched');
  const fd = openSync(file, 'w');
  for (let written = 0; written < bytes; written += mebibyte.byteLength) writeSync(fd, mebibyte);
  closeSync(fd);
  unlinkSync(file);
};

const sizeOf = (pushed: readonly Image[]): number =>
  pushed.flatMap(({ layers }) => layers).reduce((sum, { size }) => sum + size, 0);

type Work = (target: Target, repository: string, image: Image) => Promise<void>;

const show = (name: string, own: Measure, peer: Measure): void => {
  const cells = [own.seconds, peer.seconds, peer.seconds / own.seconds, own.cpu, peer.cpu, peer.cpu / own.cpu];
  const text = cells.map((cell) => cell.toFixed(2)).join(' | ');
  console.log(`| ${name} | ${text} | ${own.peak.toFixed(0)} | ${peer.peak.toFixed(0)} |`);
};

const runRow = async ({ name, images, atOnce }: Row, registries: readonly Registry[]): Promise<void> => {
  const taken = new Map<string, Measure[]>();
  const take = async (verb: string, registry: Registry, pushed: readonly Image[], work: Work): Promise<void> => {
    const run = (): Promise<void> => eachOf(pushed, atOnce, (image) => work(registry.target, 'bench', image));
    const key = `${verb} ${registry.name}`;
    taken.set(key, [...(taken.get(key) ?? []), await measure(registry, run)]);
  };
  for (let round = 0; round < rounds; round++) {
    for (const registry of round % 2 === 0 ? registries : registries.toReversed()) {
      const pushed = images();
      touchMemory(sizeOf(pushed));
      closeConnections();
      await take('push', registry, pushed, pushImage);
      await take('pull', registry, pushed, pullImage);
    }
  }
  for (const verb of ['push', 'pull']) {
    const [own, peer] = registries.map((registry) => mediansOf(taken.get(`${verb} ${registry.name}`) ?? []));
    if (own !== undefined && peer !== undefined) show(`${verb}: ${name}`, own, peer);
  }
};

/** MiB a second that SHA-256 does on one core, in the pieces in which a socket gives them. */
const hashSpeed = (): number => {
  const hash = createHash('sha256');
  const piece = mebibyte.subarray(0, 65_536);
  const begun = performance.now();
  for (let index = 0; index < 8_192; index++) hash.update(piece);
  hash.digest();
  return 512_000 / (performance.now() - begun);
};

/** MiB a second that a bare socket carries between two ends in this process. */
const loopbackSpeed = async (): Promise<number> => {
  const server = createServer((socket) => {
    let left = 1024;
    const more = (): void => {
      while (left-- > 0) if (!socket.write(mebibyte)) return void socket.once('drain', more);
      socket.end();
    };
    more();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const begun = performance.now();
  await new Promise<void>((resolve) => {
    connect((server.address() as AddressInfo).port, '127.0.0.1')
      .resume()
      .once('close', resolve);
  });
  const seconds = (performance.now() - begun) / 1000;
  server.close();
  return 1024 / seconds;
};

const folder = mkdtempSync(join(process.env['BENCH_DIRECTORY'] ?? tmpdir(), 'oreno-bench-registry-'));
const registries = [
  await startOreno(join(folder, 'oreno'), ['bench']),
  await startDockerRegistry(join(folder, 'docker-registry')),
];
try {
  console.log(
    `SHA-256 on one core ${hashSpeed().toFixed(0)} MiB/s; loopback ${(await loopbackSpeed()).toFixed(0)} MiB/s`,
  );
  console.log(
    `medians of ${rounds}, peaks; seconds of oreno, of docker-registry, and how many times oreno is better\n`,
  );
  console.log('| | wall, s | its, s | ratio | CPU, s | its, s | ratio | peak MiB | its |');
  console.log('| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |');
  for (const row of rows) await runRow(row, registries);
} finally {
  for (const registry of registries) await registry.stop();
  rmSync(folder, { recursive: true, force: true });
}
