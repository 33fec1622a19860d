import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { openChangeLog, type ChangeLogKeep, type PendingChange } from '../src/change-log.ts';
import { connect } from '../src/sqlite-connection.ts';

const pending = (count: number): PendingChange[] =>
  Array.from({ length: count }, (_, index) => ({ table: 't', key: [index], kind: 'put', version: 1 }));

const openLog = (keep: ChangeLogKeep) => {
  const connection = connect({ file: ':memory:', readOnly: false, durable: false });
  const log = openChangeLog(connection, keep);
  const write = (count: number, at: number): void => log.publish(log.append(pending(count), at));
  const oldest = (): number | undefined => log.stored(connection, 0, 1).changes[0]?.sequence;
  return { connection, log, write, oldest };
};

describe('the change log', () => {
  it('keeps the newest entries and the young ones', () => {
    const { log, write, oldest } = openLog({ entries: 10, milliseconds: 1_000, atMost: 1e6 });
    write(50, 0);
    write(50, 5_000);
    assert.equal(log.trim(500), false);
    assert.equal(oldest(), 1);
    log.trim(5_500);
    assert.equal(oldest(), 51);
    log.trim(10_000);
    assert.equal(oldest(), 91);
  });

  it('keeps no more than it may, however young, and never loses the newest', () => {
    const { log, write, oldest } = openLog({ entries: 0, milliseconds: 1e9, atMost: 20 });
    write(50, 0);
    log.trim(1);
    assert.equal(oldest(), 31);
    const { log: empty, write: fill, oldest: last } = openLog({ entries: 0, milliseconds: 0, atMost: 0 });
    assert.equal(empty.trim(1), false);
    fill(3, 0);
    empty.trim(1);
    assert.equal(last(), 3);
  });

  it('trims a little at a time, and says when there is more', () => {
    const { log, write, oldest } = openLog({ entries: 0, milliseconds: 0, atMost: 1e6 });
    write(12_000, 0);
    assert.deepEqual([log.trim(10), log.trim(10), log.trim(10), log.trim(10)], [true, true, false, false]);
    assert.equal(oldest(), 12_000);
  });

  it('tells a reader that it lost something, from the file', () => {
    const { connection, log, write } = openLog({ entries: 10, milliseconds: 0, atMost: 1e6 });
    write(50, 0);
    log.trim(10);
    const page = (cursor: number) => {
      const { changes, lost } = log.stored(connection, cursor, 2);
      return [lost, ...changes.map(({ sequence }) => sequence)];
    };
    assert.deepEqual(page(39), [true, 41, 42]);
    assert.deepEqual(page(40), [false, 41, 42]);
    assert.deepEqual(page(50), [false]);
    assert.deepEqual(page(51), [true]);
  });

  it('answers from memory just as from the file', () => {
    const { connection, log, write } = openLog({ entries: 10, milliseconds: 0, atMost: 1e6 });
    for (let index = 0; index < 40; index++) write(1_000, index);
    assert.equal(log.recent(0, 10), undefined);
    for (const cursor of [30_000, 39_000, 39_999, 40_000]) {
      assert.deepEqual(log.recent(cursor, 7), log.stored(connection, cursor, 7));
    }
  });
});
