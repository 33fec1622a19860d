import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { startReconcilers } from '@oreno/reconcile';
import fc from 'fast-check';
import { openWorld, type Thing, things } from './world.ts';

describe('activation', () => {
  it('reads every key after its last change, whatever comes in between', async () => {
    const names = ['a', 'b', 'c'];
    const action = fc.record({ name: fc.constantFrom(...names), pause: fc.integer({ min: 0, max: 3 }) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(action, { minLength: 1, maxLength: 30 }),
        fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 1, maxLength: 7 }),
        async (actions, stepTurns) => {
          const world = await openWorld();
          const lastRead = new Map<string, number>();
          let looks = 0;
          const host = startReconcilers(world.options, [
            {
              name: 'reader',
              keysOf: ({ key }) => [String(key[0])],
              keys: async () => [],
              read: async (transaction, name) => (await transaction.get(things, { name }))?.record,
              decide: ({ name, wanted }: Thing) => {
                lastRead.set(name, wanted);
                return { steps: [{ kind: 'pause' as const }] };
              },
              perform: {
                pause: async () => turns(stepTurns[looks++ % stepTurns.length] ?? 0),
              },
              concurrency: 2,
            },
          ]);
          await host.idle();
          for (const [index, { name, pause }] of actions.entries()) {
            const wanting = world.want(name, index);
            await turns(pause);
            if (pause > 1) await wanting;
          }
          await world.store.update(async () => undefined);
          await host.idle();
          for (const name of names) {
            const row = await world.store.read((transaction) => transaction.get(things, { name }));
            assert.equal(lastRead.get(name), row?.record.wanted);
          }
          await host.stop();
          await world.store.close();
        },
      ),
      { numRuns: 60 },
    );
  });
});

const turns = async (count: number): Promise<void> => {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
};
