import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { keyedQueue } from '../src/keyed-queue.ts';

describe('the keyed queue', () => {
  it('never has a key in two hands, and hands every activation out after it came', () => {
    const action = fc.record({
      kind: fc.constantFrom('changed', 'swept', 'take', 'done'),
      key: fc.constantFrom('a', 'b', 'c', 'd'),
    });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 200 }), (actions) => {
        const queue = keyedQueue();
        const owed = new Set<string>();
        const working = new Set<string>();
        const take = (): boolean => {
          const key = queue.take();
          if (key === undefined) return false;
          assert.ok(!working.has(key));
          working.add(key);
          owed.delete(key);
          return true;
        };
        const done = (key: string): void => {
          if (working.delete(key)) queue.done(key);
        };
        for (const { kind, key } of actions) {
          if (kind === 'take') take();
          else if (kind === 'done') done(key);
          else {
            queue.add(key, kind === 'changed' ? 'changed' : 'swept');
            owed.add(key);
          }
        }
        do for (const key of working) done(key);
        while (take());
        assert.deepEqual([owed.size, queue.waiting, queue.working], [0, 0, 0]);
      }),
    );
  });

  it('takes changed keys before swept ones, but lets the sweep go on', () => {
    const queue = keyedQueue();
    for (let index = 0; index < 20; index++) queue.add(`swept-${index}`, 'swept');
    for (let index = 0; index < 20; index++) queue.add(`changed-${index}`, 'changed');
    const taken = Array.from({ length: 16 }, () => queue.take()?.split('-')[0]);
    assert.equal(taken.filter((lane) => lane === 'swept').length, 2);
  });
});
