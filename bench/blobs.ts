/**
 * Blobs in files, measured: streaming one large blob against a plain copy of the same bytes with the same
 * sync, and small durable puts. Prints figures and ratios; fails on nothing. Option: mebibytes (default 512).
 */
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openFileBlobs } from '@oreno/blobs';

const mebibytes = Number(process.argv[2] ?? 512);
const socketChunk = Buffer.alloc(1 << 16, 7);
async function* stream(): AsyncGenerator<Uint8Array> {
  for (let index = 0; index < mebibytes * 16; index++) yield socketChunk;
}
const time = async (work: () => Promise<unknown>): Promise<number> => {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1_000;
};

const directory = await mkdtemp(join(process.env['BENCH_DIRECTORY'] ?? tmpdir(), 'oreno-bench-'));
const blobs = await openFileBlobs({ directory });

const plain = await time(async () => {
  const handle = await open(join(directory, 'plain'), 'w');
  const block = Buffer.alloc(1 << 20, 7);
  for (let index = 0; index < mebibytes; index++) await handle.write(block);
  await handle.datasync();
  await handle.close();
});
await rm(join(directory, 'plain'));
console.log(`plain 1 MiB writes, one sync   ${Math.round(mebibytes / plain)} MiB/s`);
const uploaded = await time(async () => {
  const upload = await blobs.createUpload('mine');
  await upload.append(stream());
  await upload.commit('large');
});
console.log(
  `upload of 64 KiB chunks        ${Math.round(mebibytes / uploaded)} MiB/s  ${(plain / uploaded).toFixed(2)} times plain`,
);
const read = await time(async () => {
  let size = 0;
  for await (const part of (await blobs.get('large'))?.body ?? []) size += part.length;
  if (size !== mebibytes << 20) throw new Error('short');
});
console.log(`download                       ${Math.round(mebibytes / read)} MiB/s`);
for (const inFlight of [1, 16]) {
  const count = 400;
  const small = Buffer.alloc(4_096, 1);
  const took = await time(() =>
    Promise.all(
      Array.from({ length: inFlight }, async (_, hand) => {
        for (let index = 0; index < count; index++) await blobs.put(`small/${hand}/${index}`, small);
      }),
    ),
  );
  console.log(
    `4 KiB puts, ${String(inFlight).padStart(2)} in flight       ${Math.round((count * inFlight) / took)} durable/s`,
  );
}
await rm(directory, { recursive: true });
