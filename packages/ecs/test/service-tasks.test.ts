/** The tasks that the service scheduler keeps from look to look are those that a look at all rows would find. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openTemporaryStore, type Store } from '@oreno/store';
import fc from 'fast-check';
import { groupOf, taskFacts, type TaskFacts } from '../src/domain/service/service-task.ts';
import { tasksOfService } from '../src/queries/services.ts';
import { keepServiceTasks, type ServiceTasks } from '../src/reconcilers/service-tasks.ts';
import { tasks, type TaskRecord } from '../src/records.ts';
import { services } from '../src/service-records.ts';
import { definitionRecord, taskRecord } from './support/agent-records.ts';
import { serviceRecord } from './support/service-world.ts';

const definition = definitionRecord({ containerDefinitions: [{ name: 'main', image: 'busybox' }] });
const names = ['web', 'api', 'other'] as const;
const clusters = ['lab', 'shop'] as const;

type Write = {
  readonly kind: 'put' | 'delete';
  readonly number: number;
  readonly lastStatus: TaskRecord['lastStatus'];
};
type Act =
  | { readonly act: 'commit'; readonly writes: readonly Write[] }
  | { readonly act: 'look'; readonly service: number; readonly cluster: number }
  | { readonly act: 'lookAtAll' }
  | { readonly act: 'breakLook' }
  | { readonly act: 'forget'; readonly service: number };

/** The task of a number has one group and one cluster for ever. */
const recordOf = ({ number, lastStatus }: Write): TaskRecord =>
  taskRecord(definition, number, {
    lastStatus,
    clusterName: clusters[number % 2] ?? 'lab',
    group: number % 4 === 3 ? 'family:web' : groupOf(names[number % 3] ?? 'web'),
    startedBy: 'ecs-svc/1',
  });

const keyOf = (service: number, cluster: number) => {
  const { account, region } = definition;
  return { account, region, clusterName: clusters[cluster] ?? 'lab', serviceName: names[service] ?? 'web' };
};

const byId = (list: Iterable<TaskFacts>): readonly TaskFacts[] =>
  [...list].toSorted((left, right) => (left.taskId < right.taskId ? -1 : 1));

const assertSame = (store: Store, kept: ServiceTasks, service: number, cluster: number): Promise<void> =>
  store.read(async (transaction) => {
    const key = keyOf(service, cluster);
    const found = byId((await kept.of(transaction, key)).values());
    const anew = byId((await tasksOfService(transaction, key)).map(taskFacts));
    assert.deepEqual(found, anew);
  });

const acts: { readonly [Kind in Act['act']]: (store: Store, kept: ServiceTasks, act: Act) => Promise<void> } = {
  commit: (store, _kept, act) =>
    store.update(async (transaction) => {
      for (const write of act.act === 'commit' ? act.writes : []) {
        if (write.kind === 'put') await transaction.put(tasks, recordOf(write));
        else await transaction.delete(tasks, recordOf(write));
      }
    }),
  look: (store, kept, act) =>
    act.act === 'look' ? assertSame(store, kept, act.service, act.cluster) : Promise.resolve(),
  lookAtAll: async (store, kept) => {
    const all = names.flatMap((_name, service) => clusters.map((_cluster, cluster) => [service, cluster] as const));
    await Promise.all(all.map(([service, cluster]) => assertSame(store, kept, service, cluster)));
  },
  // A look that is given up in the middle must not leave half of the changes behind.
  breakLook: async (store, kept) => {
    let late: Promise<unknown> = Promise.resolve();
    await store.read(async (transaction) => {
      late = kept.of(transaction, keyOf(0, 0)).catch(() => undefined);
    });
    await late;
  },
  forget: (store, _kept, act) =>
    store.update(async (transaction) => {
      const key = keyOf(act.act === 'forget' ? act.service : 0, 0);
      await transaction.put(services, serviceRecord(key));
      await transaction.delete(services, key);
    }),
};

const number = fc.integer({ min: 0, max: 40 });
const write = fc.record<Write>({
  kind: fc.constantFrom('put', 'put', 'put', 'delete'),
  number,
  lastStatus: fc.constantFrom('PENDING', 'RUNNING', 'STOPPED'),
});
const service = fc.integer({ min: 0, max: 2 });
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ act: fc.constant('commit' as const), writes: fc.array(write, { maxLength: 8 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ act: fc.constant('look' as const), service, cluster: fc.integer({ min: 0, max: 1 }) }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('lookAtAll' as const) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('breakLook' as const) }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('forget' as const), service }) },
);

test('what is kept is what all rows say, whatever was written', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 30 }), async (history) => {
      const store = await openTemporaryStore();
      const kept = keepServiceTasks();
      for (const each of history) await acts[each.act](store, kept, each);
      await acts.lookAtAll(store, kept, { act: 'lookAtAll' });
      await store.close();
    }),
    { numRuns: 150 },
  );
});
