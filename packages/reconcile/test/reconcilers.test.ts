import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { startReconcilers, type Decision, type Reconciler, type ReconcilerHost } from '@oreno/reconcile';
import { openWorld, type Thing, things, type World } from './world.ts';

type Step = { readonly kind: 'raise'; readonly name: string } | { readonly kind: 'lower'; readonly name: string };

describe('reconcilers', () => {
  let world: World;
  let host: ReconcilerHost | undefined;

  beforeEach(async () => {
    world = await openWorld();
  });
  afterEach(async () => {
    await host?.stop();
    host = undefined;
    await world.store.close();
  });

  const move = async (name: string, by: number): Promise<void> => {
    await world.store.update(async (transaction) => {
      const row = await transaction.get(things, { name });
      // As effects should: what it was decided on has to hold still.
      if (row === undefined || Math.sign(row.record.wanted - row.record.actual) !== by) return;
      await transaction.put(things, { ...row.record, actual: row.record.actual + by });
    });
  };
  const counter = (changed: Partial<Reconciler<Thing, Step>> = {}): Reconciler<Thing, Step> => ({
    name: 'counter',
    keysOf: ({ table, key }) => (table === things.name ? [String(key[0])] : []),
    keys: async (transaction) => (await transaction.list(things)).map(({ record }) => record.name),
    read: async (transaction, name) => (await transaction.get(things, { name }))?.record,
    decide: ({ name, wanted, actual }) =>
      wanted === actual ? { steps: [] } : { steps: [{ kind: wanted > actual ? 'raise' : 'lower', name }] },
    perform: { raise: ({ name }) => move(name, 1), lower: ({ name }) => move(name, -1) },
    ...changed,
  });
  const start = (...reconcilers: Reconciler<Thing, Step>[]): ReconcilerHost =>
    (host = startReconcilers(world.options, reconcilers));
  /** A look that took long on a busy machine is followed by a rest, which a fake clock does not shorten. */
  const pass = (milliseconds: number): Promise<void> => world.clock.advance(milliseconds, async () => host?.idle());

  it('brings what was there at the start and what changes later to what is wanted', async () => {
    await world.want('early', 3);
    const running = start(counter());
    await running.idle();
    assert.equal(await world.actual('early'), 3);
    await world.want('early', 1);
    await world.want('late', 2);
    await running.idle();
    assert.deepEqual([await world.actual('early'), await world.actual('late')], [1, 2]);
    assert.deepEqual(world.lines, []);
  });

  it('works on one key in one place at a time, and on as many keys as it may', async () => {
    const hands = new Map<string, number>();
    let most = 0;
    const perform = async ({ name }: { readonly name: string }): Promise<void> => {
      hands.set(name, (hands.get(name) ?? 0) + 1);
      assert.equal(hands.get(name), 1);
      most = Math.max(most, [...hands.values()].filter((count) => count > 0).length);
      await new Promise((resolve) => setTimeout(resolve, 2));
      await move(name, 1);
      hands.set(name, 0);
    };
    const running = start(counter({ concurrency: 3, perform: { raise: perform, lower: perform } }));
    await Promise.all(Array.from({ length: 10 }, (_, index) => world.want(`thing-${index}`, 3)));
    await running.idle();
    assert.equal(await world.actual('thing-9'), 3);
    assert.equal(most, 3);
    assert.deepEqual(world.lines, []);
  });

  it('tells why a key waits, and forgets it with the reason or the key', async () => {
    const decide = ({ name, wanted, actual }: Thing): Decision<Step> =>
      wanted > 5
        ? { steps: [], waitingOn: [`${name} wants too much`] }
        : { steps: [], waitingOn: actual > 0 ? ['x'] : [] };
    const running = start(counter({ decide }));
    await world.want('greedy', 9);
    await world.want('modest', 1);
    await running.idle();
    assert.deepEqual(running.reasons('counter', 'greedy'), ['greedy wants too much']);
    assert.deepEqual(running.reasons('counter', 'modest'), []);
    assert.deepEqual(running.reasons('nobody', 'greedy'), []);
    await world.store.update((transaction) => transaction.delete(things, { name: 'greedy' }));
    await running.idle();
    assert.deepEqual(running.reasons('counter', 'greedy'), []);
  });

  it('skips the steps behind a failed one, logs it, and tries again after 1, 2, 4 … 60 seconds', async () => {
    const tries: number[] = [];
    const performed: string[] = [];
    const running = start(
      counter({
        decide: ({ name }) => ({
          steps: [
            { kind: 'raise', name },
            { kind: 'lower', name },
          ],
        }),
        perform: {
          raise: async () => {
            tries.push(world.clock.now());
            throw new Error('no engine');
          },
          lower: async () => void performed.push('lower'),
        },
        sweepEvery: 1e9,
      }),
    );
    await world.want('one', 1);
    await running.idle();
    await pass(200_000);
    assert.deepEqual(performed, []);
    const waits = tries.slice(1).map((at, index) => at - (tries[index] ?? 0));
    assert.deepEqual(waits, [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
    const fields = world.lines[0]?.fields;
    assert.deepEqual([fields?.['reconciler'], fields?.['key'], fields?.['step']], ['counter', 'one', 'raise']);
  });

  it('starts the waits anew after a success', async () => {
    let broken = true;
    const tries: number[] = [];
    const raise = async ({ name }: { readonly name: string }): Promise<void> => {
      tries.push(world.clock.now());
      if (broken) throw new Error('broken');
      await move(name, 1);
    };
    const running = start(counter({ perform: { raise, lower: raise }, sweepEvery: 1e9 }));
    await world.want('one', 1);
    await running.idle();
    await pass(3_500);
    assert.equal(tries.length, 3);
    broken = false;
    await pass(4_000);
    assert.equal(await world.actual('one'), 1);
    broken = true;
    await world.want('one', 2);
    await running.idle();
    await pass(1_100);
    assert.equal(tries.length, 6);
  });

  it('rings at wakeAt, once, and not when a later decision took it back', async () => {
    const looks: string[] = [];
    const running = start(
      counter({
        decide: ({ name, wanted }, now) => {
          looks.push(name);
          return { steps: [], wakeAt: wanted === 0 || looks.length > 5 ? undefined : now + wanted };
        },
        sweepEvery: 1e9,
      }),
    );
    await world.want('kept', 30_000);
    await world.want('dropped', 30_000);
    await running.idle();
    await world.want('dropped', 0);
    await running.idle();
    assert.deepEqual(looks.toSorted(), ['dropped', 'dropped', 'kept']);
    await pass(29_999);
    assert.equal(looks.length, 3);
    await pass(1);
    assert.deepEqual(looks.slice(3), ['kept']);
  });

  it('does not spin on a wakeAt that has gone by', async () => {
    let looks = 0;
    const running = start(counter({ decide: () => ({ steps: [], wakeAt: (looks++, 0) }), sweepEvery: 1e9 }));
    await world.want('past', 1);
    await running.idle();
    const before = looks;
    await pass(1_000);
    assert.equal(looks - before, 10);
  });

  it('sweeps every key now and again, for what no change told', async () => {
    const looks: string[] = [];
    const decide = ({ name }: Thing): Decision<Step> => ({ steps: (looks.push(name), []) });
    await world.want('one', 0);
    const running = start(counter({ decide, keysOf: () => [], sweepEvery: 10_000 }));
    await running.idle();
    await pass(30_000);
    assert.equal(looks.length, 4);
  });

  it('goes on after keysOf, keys, read or decide threw', async () => {
    let broken = true;
    const fail = <T>(value: T): T => {
      if (broken) throw new Error('broken');
      return value;
    };
    const sound = counter();
    const parts: Partial<Reconciler<Thing, Step>>[] = [
      { keysOf: (change) => fail(sound.keysOf(change)) },
      { keys: async (transaction) => fail(await sound.keys(transaction)) },
      { read: async (transaction, key) => fail(await sound.read(transaction, key)) },
      { decide: (snapshot, now) => fail(sound.decide(snapshot, now)) },
    ];
    const running = start(
      ...parts.map((part, index) => counter({ ...part, name: `part-${index}`, perform: sound.perform })),
    );
    await world.want('one', 1);
    await running.idle();
    assert.ok(world.lines.length >= 4);
    broken = false;
    await pass(61_000);
    await running.idle();
    const before = world.lines.length;
    await world.want('one', 0);
    await running.idle();
    await pass(120_000);
    assert.equal(world.lines.length, before);
  });

  it('lets one host of two do the work, and the other take over', async () => {
    const seen: string[] = [];
    const named = (name: string): Reconciler<Thing, Step> =>
      counter({ decide: () => ({ steps: (seen.push(name), []) }) });
    const first = startReconcilers(world.options, [named('first')]);
    await first.idle();
    const second = start(named('second'));
    await second.idle();
    await world.want('one', 1);
    await Promise.all([first.idle(), second.idle()]);
    assert.deepEqual(new Set(seen), new Set(['first']));
    await first.stop();
    await pass(5_000);
    await second.idle();
    assert.ok(seen.includes('second'));
  });

  it('finishes at stop what it works on and takes up nothing else', async () => {
    let finished = 0;
    const raise = async (): Promise<void> => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      finished++;
    };
    await Promise.all(['a', 'b', 'c'].map((name) => world.want(name, 1)));
    const running = startReconcilers(world.options, [counter({ concurrency: 1, perform: { raise, lower: raise } })]);
    while (finished === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    await running.stop();
    const atStop = finished;
    await world.want('d', 1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    assert.ok(atStop <= 2);
    assert.equal(finished, atStop);
    assert.equal(world.clock.pending(), 0);
  });

  it('refuses two reconcilers of one name', () => {
    assert.throws(() => startReconcilers(world.options, [counter(), counter()]), TypeError);
  });
});
