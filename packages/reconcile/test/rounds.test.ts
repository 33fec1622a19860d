import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { createRounds } from '../src/rounds.ts';

const rig = (round: () => Promise<void>) => {
  const told: string[] = [];
  const rounds = createRounds({ name: 'tidying', every: 60_000, round, log: (_, message) => told.push(message) });
  return { rounds, told };
};

describe('rounds', () => {
  it('run one at a time, and once more for what woke them meanwhile', async () => {
    const ends: (() => void)[] = [];
    const { rounds } = rig(() => new Promise((resolve) => ends.push(resolve)));
    rounds.wake();
    rounds.wake();
    rounds.wake();
    await turn();
    assert.equal(ends.length, 1);
    ends[0]?.();
    await turn();
    assert.equal(ends.length, 2, 'one more, not two');
    ends[1]?.();
    await turn();
    assert.equal(ends.length, 2);
    await rounds.stop();
  });

  it('tell of a round that failed, and go on', async () => {
    let count = 0;
    const { rounds, told } = rig(async () => {
      count += 1;
      if (count === 1) throw new Error('the disk is full');
    });
    rounds.wake();
    await turn();
    assert.deepEqual(told, ['tidying failed']);
    rounds.wake();
    await turn();
    assert.equal(count, 2);
    await rounds.stop();
  });

  it('end with the round that runs, and start none after', async () => {
    const ends: (() => void)[] = [];
    const { rounds } = rig(() => new Promise((resolve) => ends.push(resolve)));
    rounds.wake();
    rounds.wake();
    await turn();
    const stopped = rounds.stop();
    ends[0]?.();
    await stopped;
    rounds.wake();
    await turn();
    assert.equal(ends.length, 1);
  });
});
