import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';
import fc from 'fast-check';
import { decodeFrame, encodeFrame, eventsHeader, scanFrames } from '../src/logs/spool-record.ts';
import { openSpoolStore, SpoolFullError, type SpoolStore } from '../src/logs/spool-store.ts';

const folders: string[] = [];
const newFolder = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'oreno-spool-'));
  folders.push(folder);
  return folder;
};
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

const target = { region: 'us-east-1', group: '/ecs/demo', stream: 'web/1', createGroup: true };
const headerOf = (message: string) => eventsHeader(target, [{ timestamp: 1000, message }]);
const open = (folder: string, more: Partial<Parameters<typeof openSpoolStore>[0]> = {}): Promise<SpoolStore> =>
  openSpoolStore({ folder, maxBytes: 1 << 30, log: () => undefined, ...more });

test('a frame comes back as it was written, and a damaged one does not come back', () => {
  fc.assert(
    fc.property(fc.uint8Array(), fc.string(), fc.nat(), (body, group, at) => {
      const header = { ...headerOf('x'), group };
      const frame = encodeFrame(header, body);
      const back = decodeFrame(frame);
      assert.deepEqual(back?.header, header);
      assert.deepEqual(new Uint8Array(back.body), body);
      const damaged = Buffer.from(frame);
      const position = at % damaged.length;
      damaged[position] = (damaged[position] ?? 0) ^ 0x40;
      assert.equal(decodeFrame(damaged), undefined);
      assert.equal(scanFrames(Buffer.concat([frame, damaged])).places.length, 1);
      assert.equal(scanFrames(Buffer.concat([frame, frame.subarray(0, position)])).goodBytes, frame.length);
    }),
  );
});

test('entries that are not done with are found again, without the torn end', async () => {
  const folder = await newFolder();
  const first = await open(folder);
  const records = await Promise.all(
    ['a', 'b', 'c'].map((text) => first.append(headerOf(text), Buffer.from(JSON.stringify(text)))),
  );
  first.markDone(records.slice(1, 2));
  await first.close();
  const segment = (await readdir(folder)).find((name) => name.endsWith('.seg'));
  await appendFile(join(folder, segment ?? ''), Buffer.from([9, 0, 0, 0, 1, 2]));

  const warnings: string[] = [];
  const second = await open(folder, { log: (_level: string, message: string) => void warnings.push(message) });
  assert.equal(warnings.length, 1);
  const bodies = await Promise.all(second.recovered.map((record) => second.read(record)));
  assert.deepEqual(bodies.map(String), ['"a"', '"c"']);
  const more = await second.append(headerOf('d'), Buffer.from('"d"'));
  assert.equal(String(await second.read(more)), '"d"');
  await second.close();
});

test('segments in which nothing waits are deleted', async () => {
  const folder = await newFolder();
  const store = await open(folder, { segmentBytes: 2000 });
  const body = Buffer.alloc(1000);
  for (let at = 0; at < 10; at += 1) store.markDone([await store.append(headerOf('x'), body)]);
  assert.ok(store.size() < 4000, `size ${store.size()}`);
  await store.close();
  const again = await open(folder);
  assert.equal(again.recovered.length, 0);
  assert.deepEqual(await readdir(folder), []);
  await again.close();
});

test('appends that wait together share a commit, and keep their order', async () => {
  const store = await open(await newFolder(), { cacheBytes: 0 });
  const texts = Array.from({ length: 200 }, (_, at) => `line ${at}`);
  const records = await Promise.all(texts.map((text) => store.append(headerOf(text), Buffer.from(text))));
  assert.deepEqual(
    records.map(({ index }) => index),
    texts.map((_, at) => at),
  );
  assert.deepEqual((await Promise.all(records.map((record) => store.read(record)))).map(String), texts);
  await store.close();
});

test('a full spool refuses and takes again once there is room', async () => {
  const store = await open(await newFolder(), { maxBytes: 600_000, segmentBytes: 100_000 });
  const body = Buffer.alloc(290_000);
  const kept = [await store.append(headerOf('1'), body), await store.append(headerOf('2'), body)];
  await assert.rejects(store.append(headerOf('3'), body), SpoolFullError);
  store.markDone(kept);
  await store.append(headerOf('4'), body);
  await store.close();
});
