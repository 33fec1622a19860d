import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { acceptEvents } from '../src/domain/accept-events.ts';
import {
  compressBlock,
  decodeBlock,
  decompressBlock,
  encodeBlock,
  type StoredEvent,
} from '../src/domain/event-block.ts';
import { parseFilterPattern } from '../src/domain/filter-pattern.ts';
import { planBlocks } from '../src/domain/plan-blocks.ts';
import { batchIds, comparePositions, formatPosition, parsePosition } from '../src/domain/position.ts';
import { scan, type Source } from '../src/storage/scan.ts';

const day = 86_400_000;
const start = 1_795_000_000_000;

const event = fc.record({
  timestamp: fc.integer({ min: start, max: start + 3 * day }),
  batchId: fc.integer({ min: 0, max: 50 }).map((n) => String(n).padStart(20, '0')),
  index: fc.integer({ min: 0, max: 9_999 }),
  message: fc.string({ unit: 'grapheme', minLength: 1 }),
});
const withIngestion = (events: readonly Omit<StoredEvent, 'ingestedAt'>[]): StoredEvent[] =>
  events.map((one) => ({ ...one, ingestedAt: start + Number(one.batchId) }));
const distinct = fc
  .uniqueArray(event, { selector: formatPosition, maxLength: 60 })
  .map((events) => withIngestion(events).toSorted(comparePositions));

describe('event positions', () => {
  it('sort as their texts do, and are read back', () => {
    fc.assert(
      fc.property(event, event, (a, b) => {
        assert.deepEqual(parsePosition(formatPosition(a)), {
          timestamp: a.timestamp,
          batchId: a.batchId,
          index: a.index,
        });
        assert.equal(
          Math.sign(comparePositions(a, b)),
          Math.sign(formatPosition(a) < formatPosition(b) ? -1 : formatPosition(a) > formatPosition(b) ? 1 : 0),
        );
      }),
    );
  });

  it('have batch ids that grow even when the clock stands or goes back', () => {
    const times = [5, 5, 4, 9];
    const next = batchIds(() => times.shift() ?? 1, 7);
    const ids = Array.from({ length: 6 }, next);
    assert.deepEqual(ids, ids.toSorted());
    assert.equal(new Set(ids).size, 6);
    assert.ok(ids.every((id) => /^\d{16}0007$/.test(id)));
  });
});

describe('event blocks', () => {
  it('come back as they went in', async () => {
    await fc.assert(
      fc.asyncProperty(distinct, async (events) => {
        assert.deepEqual(decodeBlock(await decompressBlock(await compressBlock(encodeBlock(events), 1))), events);
      }),
      { numRuns: 50 },
    );
  });

  it('are planned within a day, in order, without losing an event', () => {
    fc.assert(
      fc.property(distinct, fc.integer({ min: 1, max: 4 }), (events, streams) => {
        const batches = events.map((one, place) => ({ logStreamName: `s${place % streams}`, events: [one] }));
        const plan = planBlocks(batches);
        assert.equal(plan.flatMap((block) => block.events).length, events.length);
        for (const block of plan) {
          assert.deepEqual(block.events, block.events.toSorted(comparePositions));
          assert.ok((block.events.at(-1)?.timestamp ?? 0) - (block.events[0]?.timestamp ?? 0) <= day);
        }
      }),
    );
  });
});

const sourcesOf = (events: readonly StoredEvent[], cuts: number): Source[] =>
  planBlocks(events.map((one, place) => ({ logStreamName: `s${place % cuts}`, events: [one] }))).map((block) => ({
    logStreamName: block.logStreamName,
    minTimestamp: block.events[0]?.timestamp ?? 0,
    maxTimestamp: block.events.at(-1)?.timestamp ?? 0,
    rawBytes: 1,
    load: async () => block.events,
  }));

describe('scan', () => {
  it('pages through every wanted event once and in order, in both directions, whatever the limits', async () => {
    await fc.assert(
      fc.asyncProperty(
        distinct,
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: 1, max: 7 }),
        fc.boolean(),
        fc.integer({ min: 1, max: 3 }),
        async (events, cuts, limit, reverse, scanBytes) => {
          const sources = sourcesOf(events, cuts);
          const from = start + day / 2;
          const to = start + 2 * day;
          const wanted = events.filter((one) => one.timestamp >= from && one.timestamp <= to);
          const seen: string[] = [];
          let after: StoredEvent | undefined;
          for (let page = 0; page < 500; page += 1) {
            const result = await scan({
              sources,
              from,
              to,
              reverse,
              after,
              matches: () => true,
              limit,
              pageBytes: 1e6,
              scanBytes,
            });
            seen.push(...result.events.map(formatPosition));
            if (result.next === undefined) break;
            after = result.next as StoredEvent;
          }
          const expected = wanted.map(formatPosition);
          assert.deepEqual(seen, reverse ? expected.toReversed() : expected);
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('filter patterns', () => {
  const match = (pattern: string, message: string): boolean => {
    const parsed = parseFilterPattern(pattern);
    assert.ok('matches' in parsed, 'problem' in parsed ? parsed.problem : '');
    return parsed.matches(message);
  };
  it('match plain terms as the user guide says', () => {
    assert.ok(match('', 'anything'));
    assert.ok(match('ERROR', 'an ERROR came'));
    assert.ok(!match('ERROR', 'an error came'));
    assert.ok(match('ERROR ARGUMENTS', 'ARGUMENTS and ERROR'));
    assert.ok(!match('ERROR ARGUMENTS', 'ERROR alone'));
    assert.ok(match('?ERROR ?WARN', 'a WARN'));
    assert.ok(!match('?ERROR ?WARN', 'info'));
    assert.ok(!match('ERROR -retry', 'ERROR, will retry'));
    assert.ok(match('"INTERNAL SERVER ERROR"', '500 INTERNAL SERVER ERROR'));
    assert.ok(!match('"INTERNAL SERVER ERROR"', 'INTERNAL ERROR SERVER'));
    assert.ok(match('"say \\"hi\\""', 'they say "hi"'));
    assert.ok(match('%stat[a-z]+ 5\\d\\d%', 'status 503'));
  });
  it('refuse what they do not evaluate', () => {
    for (const pattern of ['{ $.a = 1 }', '[ip, user]', '"open', '%(a+)+%', 'a{b']) {
      assert.ok('problem' in parseFilterPattern(pattern), pattern);
    }
  });
});

describe('acceptance of a batch', () => {
  const at = (...times: number[]) => times.map((timestamp) => ({ timestamp, message: 'x' }));
  const now = start + 30 * day;
  it('skips events that are too old, expired or too new, and tells which', () => {
    const result = acceptEvents(at(now - 15 * day, now - 1000, now, now + 3 * 3_600_000), now, undefined);
    assert.ok('events' in result);
    assert.deepEqual(
      result.events.map((one) => one.timestamp),
      [now - 1000, now],
    );
    assert.deepEqual(result.rejected, { tooNewLogEventStartIndex: 3, tooOldLogEventEndIndex: 1 });
    const kept = acceptEvents(at(now - 2 * day, now), now, 1);
    assert.ok('events' in kept);
    assert.deepEqual(kept.rejected, { expiredLogEventEndIndex: 1 });
  });
  it('refuses disorder, more than a day, and more than a mebibyte', () => {
    assert.ok('refused' in acceptEvents(at(now, now - 1), now, undefined));
    assert.ok('refused' in acceptEvents(at(now - 2 * day, now), now, undefined));
    const big = [
      { timestamp: now, message: 'x'.repeat(600_000) },
      { timestamp: now, message: 'x'.repeat(600_000) },
    ];
    assert.ok('refused' in acceptEvents(big, now, undefined));
    assert.ok('refused' in acceptEvents([{ timestamp: now, message: 'x'.repeat(1_100_000) }], now, undefined));
  });
});
