import assert from 'node:assert/strict';
import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { decideUnusedImages } from '../src/lifecycle/cleanup.ts';
import { lockDataDir } from '../src/storage/data-dir-lock.ts';
import { openJournal } from '../src/storage/journal.ts';
import { recordImage } from '../src/storage/keep-in-journal.ts';
import { aContainer, aTask } from './support/task-fixtures.ts';

describe('the journal', () => {
  let folder = '';
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'oreno-journal-'));
  });
  after(() => rm(folder, { recursive: true }));

  it('gives back what was written: the newest of each, without what was removed', async () => {
    const file = join(folder, 'a.ndjson');
    const first = await openJournal(file);
    const task = aTask({ arn: 'arn:1' });
    first.append({ kind: 'task', task });
    first.append({ kind: 'task', task: { ...task, knownStatus: 'STOPPED' } });
    first.append({ kind: 'task', task: aTask({ arn: 'arn:2' }) });
    first.append({ kind: 'reported', arn: 'arn:2', reported: { status: 'RUNNING', containers: {}, attachments: [] } });
    first.append({ kind: 'task-removed', arn: 'arn:2' });
    first.append({ kind: 'manifest', timeline: 7 });
    await first.flushed();
    assert.equal((await stat(file)).mode & 0o777, 0o600);
    await first.close();
    const { saved, close } = await openJournal(file);
    assert.deepEqual([...saved.tasks.keys()], ['arn:1']);
    assert.equal(saved.tasks.get('arn:1')?.knownStatus, 'STOPPED');
    assert.equal(saved.reported.size, 0);
    assert.equal(saved.manifestTimeline, 7);
    await close();
  });

  it('drops a line that a crash tore, and goes on', async () => {
    const file = join(folder, 'torn.ndjson');
    await writeFile(file, `${JSON.stringify({ kind: 'manifest', timeline: 3 })}\n`);
    await appendFile(file, '{"kind":"manifest","timel');
    const journal = await openJournal(file);
    assert.equal(journal.saved.manifestTimeline, 3);
    journal.append({ kind: 'manifest', timeline: 4 });
    await journal.close();
    const again = await openJournal(file);
    assert.equal(again.saved.manifestTimeline, 4);
    await again.close();
  });

  it('is written anew when most of it is history', async () => {
    const file = join(folder, 'long.ndjson');
    const journal = await openJournal(file);
    const task = { ...aTask({ arn: 'arn:1' }), reason: 'x'.repeat(1000) };
    for (let round = 0; round < 3000; round += 1) {
      journal.append({ kind: 'task', task: { ...task, receivedAt: round } });
      if (round % 100 === 0) await journal.flushed();
    }
    await journal.close();
    assert.ok((await readFile(file)).length < 1_500_000);
    const again = await openJournal(file);
    assert.equal(again.saved.tasks.get('arn:1')?.receivedAt, 2999);
    await again.close();
  });

  it('lets one process have a folder, and takes it over from one that died', async () => {
    const unlock = await lockDataDir(folder);
    await assert.rejects(lockDataDir(folder), /in use by the agent/);
    await unlock();
    await writeFile(join(folder, 'agent.pid'), '1 1\n');
    await (
      await lockDataDir(folder)
    )();
  });
});

describe('the clean-up of images', () => {
  const hour = 3_600_000;
  const limits = { imageAgeMs: hour, imagesPerRound: 2 };
  const image = (imageId: string, pulledAt: number, lastUsedAt: number) => ({
    imageId,
    references: [`${imageId}:1`],
    pulledAt,
    lastUsedAt,
  });

  it('takes the least recently used of those that are old enough and unused', () => {
    const images = [image('a', 0, 5), image('b', 0, 3), image('c', 0, 4), image('used', 0, 0), image('young', hour, 0)];
    const task = aTask({ containers: [aContainer({ imageId: 'used' })] });
    const due = decideUnusedImages(images, [task], limits, hour + 10);
    assert.deepEqual(
      due.map(({ imageId }) => imageId),
      ['b', 'c'],
    );
  });

  it('knows only images that this agent pulled', async () => {
    const records: string[] = [];
    const journal = { append: ({ kind }: { kind: string }) => void records.push(kind) };
    const images = new Map();
    const used = { imageId: 'i', digest: undefined, fromRegistry: true };
    recordImage(journal as never, images, 'i:1', { ...used, pulled: false }, 1);
    assert.equal(images.size, 0);
    recordImage(journal as never, images, 'i:1', { ...used, pulled: true }, 2);
    recordImage(journal as never, images, 'i:2', { ...used, pulled: false }, 3);
    assert.deepEqual(images.get('i'), { imageId: 'i', references: ['i:1', 'i:2'], pulledAt: 2, lastUsedAt: 3 });
    assert.deepEqual(records, ['image', 'image']);
  });
});
