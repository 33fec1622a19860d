/** Properties of the division of tasks among capacity providers, and what becomes of tasks that wait for one. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { allotProviders } from '../src/domain/capacity-provider/allot-providers.ts';
import { decideWaiting, triesEvery, waitsAtMost } from '../src/domain/capacity-provider/decide-waiting.ts';
import type { TaskRecord } from '../src/records.ts';

const weights = fc
  .array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 8 })
  .filter((list) => list.some((weight) => weight > 0));

const strategies = fc
  .record({ list: weights, base: fc.integer({ min: 0, max: 50 }), based: fc.nat() })
  .map(({ list, base, based }) =>
    list.map((weight, index) => ({
      capacityProvider: `p${index}`,
      weight,
      base: index === based % list.length ? base : 0,
    })),
  );

const names = (allotted: ReadonlyMap<string, number>): readonly string[] =>
  [...allotted].flatMap(([name, count]) => Array.from({ length: count }, () => name));

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

describe('the division of tasks by a capacity provider strategy', () => {
  it('gives every task a provider, and fills the base before any weight counts', () => {
    fc.assert(
      fc.property(strategies, fc.integer({ min: 0, max: 200 }), (strategy, count) => {
        const allotted = allotProviders(strategy, [], count);
        assert.equal(sum([...allotted.values()]), count);
        const based = strategy.find(({ base }) => base > 0);
        if (based === undefined) return;
        assert.ok((allotted.get(based.capacityProvider) ?? 0) >= Math.min(based.base, count));
      }),
    );
  });

  it('gives each provider at least its share by weight, rounded down, and nothing for no weight', () => {
    fc.assert(
      fc.property(strategies, fc.integer({ min: 0, max: 200 }), (strategy, count) => {
        const allotted = allotProviders(strategy, [], count);
        const total = sum(strategy.map(({ weight }) => weight));
        const weighted = Math.max(0, count - sum(strategy.map(({ base }) => base)));
        for (const { capacityProvider, weight, base } of strategy) {
          const got = allotted.get(capacityProvider) ?? 0;
          assert.ok(got >= Math.floor((weighted * weight) / total), `${capacityProvider} has ${got}`);
          if (weight === 0) assert.ok(got <= base);
        }
      }),
    );
  });

  it('is the same in one go and in several, so that a service which grows keeps it', () => {
    fc.assert(
      fc.property(strategies, fc.array(fc.nat({ max: 30 }), { maxLength: 5 }), (strategy, counts) => {
        let used: readonly string[] = [];
        for (const count of counts) used = [...used, ...names(allotProviders(strategy, used, count))];
        assert.deepEqual([...used].toSorted(), [...names(allotProviders(strategy, [], sum(counts)))].toSorted());
      }),
    );
  });

  it('is exact after whole rounds', () => {
    const strategy = [
      { capacityProvider: 'a', weight: 1, base: 2 },
      { capacityProvider: 'b', weight: 4, base: 0 },
    ];
    assert.deepEqual(Object.fromEntries(allotProviders(strategy, [], 12)), { a: 4, b: 8 });
    assert.deepEqual(Object.fromEntries(allotProviders(strategy, [], 1)), { a: 1 });
  });
});

describe('tasks that wait for their capacity provider', () => {
  const row = (taskId: string, since = 0) => ({
    account: '111122223333',
    region: 'us-east-1',
    clusterName: 'lab',
    taskId,
    since,
    capacityProviderName: 'metal',
    constraints: [],
    strategy: [],
  });
  const task = (changes: Partial<TaskRecord> = {}) =>
    ({ group: 'g', taskDefinitionArn: 'd', overrides: {}, desiredStatus: 'RUNNING', ...changes }) as TaskRecord;

  it('are tried together with their like, not more often than twice a second', () => {
    const waiting = [
      { row: row('1'), task: task() },
      { row: row('2'), task: task({ group: 'other' }) },
      { row: row('3'), task: task() },
    ];
    const { steps, wakeAt } = decideWaiting({ waiting, triedAt: 0 }, 10_000);
    assert.deepEqual(
      steps.map(({ kind, rows }) => [kind, rows.map(({ taskId }) => taskId)]),
      [
        ['placeWaiting', ['1', '3']],
        ['placeWaiting', ['2']],
      ],
    );
    assert.equal(wakeAt, waitsAtMost);
    const soon = decideWaiting({ waiting, triedAt: 9_900 }, 10_000);
    assert.deepEqual([soon.steps, soon.wakeAt], [[], 9_900 + triesEvery]);
    assert.deepEqual(soon.waitingOn, ['3 tasks wait for room on their capacity providers']);
  });

  it('are given up after their time, and forgotten when they are stopped or placed', () => {
    const waiting = [
      { row: row('late'), task: task() },
      { row: row('gone', 1), task: undefined },
      { row: row('stopped', 1), task: task({ desiredStatus: 'STOPPED' }) },
      { row: row('placed', 1), task: task({ containerInstanceId: 'i' }) },
    ];
    const { steps } = decideWaiting({ waiting, triedAt: 0 }, waitsAtMost);
    assert.deepEqual(
      steps.map(({ kind, rows }) => [kind, rows.map(({ taskId }) => taskId)]),
      [
        ['forgetWaiting', ['gone', 'stopped', 'placed']],
        ['giveUp', ['late']],
      ],
    );
  });
});
