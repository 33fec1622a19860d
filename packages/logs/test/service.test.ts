import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { logs, RequestContext } from '@oreno/aws-wire';
import { openFileBlobs, type Blobs } from '@oreno/blobs';
import { openTemporaryStore, type Store } from '@oreno/store';
import { openLogs, type LogsRoom } from '../src/index.ts';
import { openEventStore } from '../src/storage/event-store.ts';
import { removeExpired, removeOrphans } from '../src/storage/remove.ts';
import { openSealing } from '../src/storage/seal.ts';

const account = '000000000000';
let clock = Date.UTC(2026, 10, 22);

const context: RequestContext = {
  account,
  region: 'us-east-1',
  principal: { type: 'root', arn: `arn:aws:iam::${account}:root`, account, accessKeyId: 'AKIATEST', userId: account },
  requestId: 'test',
  call: { sourceIp: '127.0.0.1', userAgent: 'test', isSecure: false, time: 0 },
  origin: 'http://127.0.0.1:4566',
  now: () => clock,
  signal: new AbortController().signal,
};

let store: Store;
let blobs: Blobs;
let room: LogsRoom;
const folder = mkdtempSync(join(tmpdir(), 'oreno-logs-'));

const call = async <Name extends keyof logs.Operations>(
  operation: Name,
  input: logs.Operations[Name]['input'],
): Promise<logs.Operations[Name]['output']> =>
  (await room.service.prepare(operation, input, context).run()) as logs.Operations[Name]['output'];

const refuses = (code: string) => (error: Error) => {
  assert.equal(error.name, code, error.message);
  return true;
};

/** What the sealing loop does after its time, without waiting for it. */
const seal = async (): Promise<void> => {
  const events = openEventStore({ store, blobs, stored: () => {} });
  const sealing = openSealing({ store, blobs, load: events.load, now: () => clock, log: () => {} });
  await sealing.recount();
  await sealing.run(true);
};

const put = async (logStreamName: string, from: number, count: number, text = 'line'): Promise<void> => {
  const logEvents = Array.from({ length: count }, (_, n) => ({ timestamp: from + n, message: `${text} ${from + n}` }));
  await call('PutLogEvents', { logGroupName: '/ecs/app', logStreamName, logEvents });
};

const readForward = async (logStreamName: string, limit: number): Promise<string[]> => {
  const messages: string[] = [];
  let nextToken: string | undefined;
  for (;;) {
    const page = await call('GetLogEvents', {
      logGroupName: '/ecs/app',
      logStreamName,
      startFromHead: true,
      limit,
      nextToken,
    });
    messages.push(...(page.events ?? []).map((event) => event.message ?? ''));
    if (page.nextForwardToken === nextToken) return messages;
    nextToken = page.nextForwardToken;
  }
};

const search = async (input: Partial<logs.FilterLogEventsRequest>): Promise<logs.FilteredLogEvent[]> => {
  const found: logs.FilteredLogEvent[] = [];
  let nextToken: string | undefined;
  do {
    const page = await call('FilterLogEvents', { logGroupName: '/ecs/app', ...input, nextToken });
    found.push(...(page.events ?? []));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return found;
};

describe('CloudWatch Logs', () => {
  before(async () => {
    store = await openTemporaryStore();
    blobs = await openFileBlobs({ directory: folder });
    room = await openLogs({ store, blobs, now: () => clock, log: () => {} });
    await call('CreateLogGroup', { logGroupName: '/ecs/app', tags: { team: 'blue' } });
    await call('CreateLogStream', { logGroupName: '/ecs/app', logStreamName: 'web/1' });
    await call('CreateLogStream', { logGroupName: '/ecs/app', logStreamName: 'web/2' });
  });
  after(async () => {
    await room.stop();
    await blobs.close();
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('reads a stream forward in pages, the same before and after sealing, and stops where it ended', async () => {
    await put('web/1', clock - 10_000, 25);
    await put('web/1', clock - 5_000, 25);
    const expected = [
      ...Array.from({ length: 25 }, (_, n) => `line ${clock - 10_000 + n}`),
      ...Array.from({ length: 25 }, (_, n) => `line ${clock - 5_000 + n}`),
    ];
    assert.deepEqual(await readForward('web/1', 7), expected);
    await seal();
    assert.deepEqual(await readForward('web/1', 7), expected);
    assert.deepEqual(await readForward('web/1', 1_000), expected);
  });

  it('gives the newest page first by default, and goes back and forth with its tokens', async () => {
    const newest = await call('GetLogEvents', { logGroupName: '/ecs/app', logStreamName: 'web/1', limit: 10 });
    assert.deepEqual(
      newest.events?.map((event) => event.timestamp),
      Array.from({ length: 10 }, (_, n) => clock - 5_000 + 15 + n),
    );
    const older = await call('GetLogEvents', {
      logGroupName: '/ecs/app',
      logStreamName: 'web/1',
      limit: 10,
      nextToken: newest.nextBackwardToken,
    });
    assert.deepEqual(
      older.events?.map((event) => event.timestamp),
      Array.from({ length: 10 }, (_, n) => clock - 5_000 + 5 + n),
    );
    const again = await call('GetLogEvents', {
      logGroupName: '/ecs/app',
      logStreamName: 'web/1',
      limit: 10,
      nextToken: older.nextForwardToken,
      startFromHead: true,
    });
    assert.deepEqual(again.events, newest.events);
  });

  it('shows a tail the events that come later, through a kept forward token', async () => {
    const end = await call('GetLogEvents', { logGroupName: '/ecs/app', logStreamName: 'web/2', startFromHead: true });
    assert.deepEqual(end.events, []);
    await put('web/2', clock - 100, 3, 'late');
    const later = await call('GetLogEvents', {
      logGroupName: '/ecs/app',
      logStreamName: 'web/2',
      startFromHead: true,
      nextToken: end.nextForwardToken,
    });
    assert.deepEqual(
      later.events?.map((event) => event.message),
      [0, 1, 2].map((n) => `late ${clock - 100 + n}`),
    );
  });

  it('searches the group over its streams in order, with patterns, prefixes and times', async () => {
    assert.equal((await search({})).length, 53);
    assert.equal((await search({ filterPattern: 'late' })).length, 3);
    assert.equal((await search({ logStreamNames: ['web/1'] })).length, 50);
    assert.equal((await search({ logStreamNamePrefix: 'web/2' })).length, 3);
    const few = await search({ startTime: clock - 5_000, endTime: clock - 4_990, limit: 2 });
    assert.equal(few.length, 11);
    assert.equal(new Set(few.map((event) => event.eventId)).size, 11);
    const ids = (await search({})).map((event) => event.eventId ?? '');
    assert.deepEqual(ids, ids.toSorted());
    assert.match(ids[0] ?? '', /^\d{56}$/);
  });

  it('keeps its groups and streams described', async () => {
    const { logGroups: [group] = [] } = await call('DescribeLogGroups', { logGroupNamePrefix: '/ecs/' });
    assert.equal(group?.arn, `arn:aws:logs:us-east-1:${account}:log-group:/ecs/app:*`);
    assert.equal(group?.logGroupArn, `arn:aws:logs:us-east-1:${account}:log-group:/ecs/app`);
    const { logStreams = [] } = await call('DescribeLogStreams', {
      logGroupName: '/ecs/app',
      orderBy: 'LastEventTime',
      descending: true,
      limit: 1,
    });
    assert.deepEqual(
      logStreams.map((stream) => [stream.logStreamName, stream.lastEventTimestamp]),
      [['web/2', clock - 98]],
    );
    await call('CreateLogStream', { logGroupName: '/ecs/app', logStreamName: 'silent' });
    const silent = { logGroupName: '/ecs/app', logStreamNamePrefix: 'silent' };
    const [stream] = (await call('DescribeLogStreams', silent)).logStreams ?? [];
    assert.deepEqual([stream?.storedBytes, stream?.uploadSequenceToken], [0, undefined]);
    await call('DeleteLogStream', { logGroupName: '/ecs/app', logStreamName: 'silent' });
  });

  it('says what it does not take: entities beside the events, and other accounts', async () => {
    const logEvents = [{ timestamp: clock, message: 'with an entity' }];
    const entity = { keyAttributes: { Type: 'Service', Name: 'shop' } };
    const place = { logGroupName: '/ecs/app', logStreamName: 'entity' };
    await call('CreateLogStream', place);
    const { rejectedEntityInfo } = await call('PutLogEvents', { ...place, logEvents, entity });
    assert.deepEqual(rejectedEntityInfo, { errorType: 'UnsupportedLogGroupType' });
    const { events } = await call('GetLogEvents', place);
    assert.equal(events?.[0]?.message, 'with an entity');
    const others = { accountIdentifiers: ['111111111111'], includeLinkedAccounts: true };
    await assert.rejects(call('DescribeLogGroups', others), refuses('InvalidParameterException'));
  });

  it('answers what AWS answers to bad input', async () => {
    const exists = refuses('ResourceAlreadyExistsException');
    const invalid = refuses('InvalidParameterException');
    const missing = refuses('ResourceNotFoundException');
    await assert.rejects(call('CreateLogGroup', { logGroupName: '/ecs/app' }), exists);
    await assert.rejects(call('CreateLogStream', { logGroupName: '/ecs/app', logStreamName: 'web/1' }), exists);
    await assert.rejects(call('CreateLogGroup', { logGroupName: 'no spaces' }), invalid);
    await assert.rejects(call('CreateLogStream', { logGroupName: '/ecs/app', logStreamName: 'a:b' }), invalid);
    await assert.rejects(call('CreateLogStream', { logGroupName: '/none', logStreamName: 'a' }), missing);
    await assert.rejects(call('PutLogEvents', { logGroupName: '/none', logStreamName: 'a', logEvents: [] }), missing);
    await assert.rejects(
      call('PutLogEvents', { logGroupName: '/ecs/app', logStreamName: 'none', logEvents: [] }),
      missing,
    );
    await assert.rejects(
      call('GetLogEvents', { logGroupName: '/ecs/app', logStreamName: 'web/1', nextToken: 'x' }),
      invalid,
    );
    await assert.rejects(call('FilterLogEvents', { logGroupName: '/ecs/app', nextToken: '%%' }), invalid);
    await assert.rejects(call('FilterLogEvents', { logGroupName: '/ecs/app', filterPattern: '{ $.a = 1 }' }), invalid);
    await assert.rejects(call('PutRetentionPolicy', { logGroupName: '/ecs/app', retentionInDays: 2 }), invalid);
    const twice = { logGroupName: '/ecs/app', logGroupIdentifier: '/ecs/app' };
    await assert.rejects(call('DescribeLogStreams', twice), refuses('ValidationException'));
  });

  it('takes tags by ARN and by name', async () => {
    const resourceArn = `arn:aws:logs:us-east-1:${account}:log-group:/ecs/app`;
    await call('TagResource', { resourceArn, tags: { cost: '1' } });
    await call('UntagLogGroup', { logGroupName: '/ecs/app', tags: ['team'] });
    assert.deepEqual(await call('ListTagsForResource', { resourceArn }), { tags: { cost: '1' } });
  });

  it('expires sealed events by the retention, and removes the chunks that nobody names', async () => {
    await call('PutRetentionPolicy', { logGroupName: '/ecs/app', retentionInDays: 1 });
    await seal();
    clock += 2 * 86_400_000;
    assert.deepEqual(await search({}), []);
    await removeExpired(store, blobs, clock);
    const left: string[] = [];
    for await (const chunk of blobs.list('logs/')) left.push(chunk.name);
    assert.deepEqual(left, []);
    await blobs.put('logs/orphan', Buffer.from('x'));
    await removeOrphans(store, blobs, Date.now() + 7_200_000);
    assert.equal(await blobs.stat('logs/orphan'), undefined);
  });

  it('removes a stream and a group with all they hold', async () => {
    await put('web/1', clock - 10, 3);
    await seal();
    await put('web/2', clock - 10, 3);
    await call('DeleteLogStream', { logGroupName: '/ecs/app', logStreamName: 'web/1' });
    assert.equal((await search({})).length, 3);
    await call('DeleteLogGroup', { logGroupName: '/ecs/app' });
    await assert.rejects(search({}), refuses('ResourceNotFoundException'));
    for await (const chunk of blobs.list('logs/')) assert.fail(`${chunk.name} is left`);
  });
});
