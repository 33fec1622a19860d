/** The tables whose writes are events, and how a written row becomes one. */
import type { EventDraft } from '@oreno/events';
import type { ReadTransaction, Table } from '@oreno/store';
import { revisionChanges, serviceActions } from '../domain/event/service-changes.ts';
import {
  instanceDiffers,
  instanceStateChange,
  taskStateChange,
  type RowChange,
} from '../domain/event/state-changes.ts';
import type { InstanceFacts } from '../domain/container-instance/view.ts';
import { liveTasksOn } from '../queries/container-instances.ts';
import { containerInstances, tasks, type ContainerInstanceRecord, type TaskRecord } from '../records.ts';
import { serviceRevisions, services } from '../service-records.ts';

type Describe<R> = (change: RowChange<R>, transaction: ReadTransaction) => Promise<readonly EventDraft[]>;

/** What a row written in a table is; `name` is the table's. */
export interface WatchedTable {
  readonly name: string;
  readonly describe: Describe<object>;
}

const watched = <R extends object, K extends keyof R & string>(
  { name }: Table<R, K>,
  describe: Describe<R>,
): WatchedTable => ({ name, describe: (change, transaction) => describe(change as RowChange<R>, transaction) });

const sum = (live: readonly TaskRecord[], of: 'cpu' | 'memory'): number =>
  live.reduce((total, task) => total + task.resources[of], 0);

/** What the instance's tasks leave of it, counted from their rows: placement's view is behind the transaction. */
const factsOf = (instance: ContainerInstanceRecord, live: readonly TaskRecord[]): InstanceFacts => {
  const { registered } = instance;
  const remaining = {
    cpu: registered.cpu - sum(live, 'cpu'),
    memory: registered.memory - sum(live, 'memory'),
    ports: [...registered.ports, ...live.flatMap(({ resources }) => resources.ports)],
    portsUdp: [...registered.portsUdp, ...live.flatMap(({ resources }) => resources.portsUdp)],
    gpus: registered.gpus,
  };
  const runningTasksCount = live.filter(({ lastStatus }) => lastStatus === 'RUNNING').length;
  const pendingTasksCount = live.filter(({ lastStatus }) => lastStatus === 'PENDING').length;
  const gpusInUse = new Set(live.flatMap(({ containers }) => containers.flatMap(({ gpuIds = [] }) => gpuIds)));
  return { usage: { remaining, runningTasksCount, pendingTasksCount }, gpusInUse };
};

export const watchedTables: ReadonlyMap<string, WatchedTable> = new Map(
  [
    watched(tasks, async (change) => taskStateChange(change)),
    watched(containerInstances, async (change, transaction) => {
      if (!instanceDiffers(change)) return [];
      const live = await liveTasksOn(transaction, change.after);
      return [
        instanceStateChange(
          change,
          factsOf(
            change.after,
            live.map(({ record }) => record),
          ),
        ),
      ];
    }),
    watched(services, async (change) => serviceActions(change)),
    watched(serviceRevisions, async (change) => revisionChanges(change)),
  ].map((table) => [table.name, table]),
);
