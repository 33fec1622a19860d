/**
 * The tasks of services, kept from look to look: a look at a service reads the rows that were written since the
 * last one, not all of them. The change log says which those are, and it is read in the look's own transaction.
 *
 * Invariant: what is answered is what the transaction's rows say, no matter what happened in between.
 */
import type { Change, SnapshotTransaction } from '@oreno/store';
import { groupOf, taskFacts, type TaskFacts } from '../domain/service/service-task.ts';
import { serviceKey, tasksOfService } from '../queries/services.ts';
import { tasks, type TaskRecord } from '../records.ts';
import { services, type ServiceKey } from '../service-records.ts';
import { keyText } from './key-text.ts';

/** A service's tasks by id, in the order in which they became known. */
export type TasksById = ReadonlyMap<string, TaskFacts>;

export interface ServiceTasks {
  /** Every recorded task of the service, as the transaction sees them. What is answered changes with the next call. */
  of(transaction: SnapshotTransaction, service: ServiceKey): Promise<TasksById>;
}

type KeptTasks = Map<string, TaskFacts>;

/** What is kept of a cluster. */
interface ClusterTasks {
  /** By the group of their tasks. */
  readonly services: Map<string, KeptTasks>;
  /** For each task of those services, where it is kept. */
  readonly places: Map<string, KeptTasks>;
  readonly share: Share;
}

/** Changes behind which everything is read anew: by then that is cheaper. */
const mostBehind = 50_000;

export const keepServiceTasks = (): ServiceTasks => {
  let cursor: number | undefined;
  const clusters = new Map<string, ClusterTasks>();
  let working: Promise<unknown> = Promise.resolve();

  const forgetAll = (): void => {
    clusters.clear();
    cursor = undefined;
  };

  const catchUp = async (transaction: SnapshotTransaction): Promise<void> => {
    const newest = await transaction.cursor();
    if (cursor === undefined || newest - cursor > mostBehind) forgetAll();
    while (cursor !== undefined && cursor !== newest) {
      const page = await transaction.changes(cursor);
      if (page.lost) return forgetAll();
      await applyChanges(transaction, clusters, page.changes);
      cursor = page.cursor;
    }
    cursor = newest;
  };

  const look = async (transaction: SnapshotTransaction, service: ServiceKey): Promise<TasksById> => {
    await catchUp(transaction);
    // After a loss nothing is kept, and the rows are as new as the log.
    cursor ??= await transaction.cursor();
    const cluster = clusterOf(clusters, service);
    const group = groupOf(service.serviceName);
    return cluster.services.get(group) ?? readAll(transaction, cluster, service);
  };

  return {
    of: (transaction, service) => {
      // Of two looks at once the second waits until the first has caught up.
      const outcome = working.then(() => look(transaction, service));
      working = outcome.catch(forgetAll);
      return outcome;
    },
  };
};

const clusterText = (key: readonly (string | number)[]): string => keyText(key.slice(0, 3));

const clusterOf = (clusters: Map<string, ClusterTasks>, service: ServiceKey): ClusterTasks => {
  const { account, region, clusterName } = serviceKey(service);
  const name = clusterText([account, region, clusterName]);
  const known = clusters.get(name) ?? { services: new Map(), places: new Map(), share: openSharing() };
  clusters.set(name, known);
  return known;
};

const readAll = async (
  transaction: SnapshotTransaction,
  { services: kept, places, share }: ClusterTasks,
  service: ServiceKey,
): Promise<KeptTasks> => {
  const records = await tasksOfService(transaction, service);
  const all: KeptTasks = new Map(records.map((record) => [record.taskId, factsOf(record, share)]));
  kept.set(groupOf(service.serviceName), all);
  for (const taskId of all.keys()) places.set(taskId, all);
  return all;
};

const applyChanges = async (
  transaction: SnapshotTransaction,
  clusters: ReadonlyMap<string, ClusterTasks>,
  changes: readonly Change[],
): Promise<void> => {
  const wanted = new Map<string, { readonly cluster: ClusterTasks; readonly change: Change }>();
  for (const change of changes) {
    if (change.table !== tasks.name && change.table !== services.name) continue;
    const cluster = clusters.get(clusterText(change.key));
    if (cluster === undefined) continue;
    const name = String(change.key[3]);
    if (change.table === services.name) {
      if (change.kind === 'delete') forgetService(cluster, groupOf(name));
      // A task stays with its group: of one that is nobody's, only the first version could be somebody's.
    } else if (change.version === 1 || cluster.places.has(name)) wanted.set(name, { cluster, change });
  }
  for (const [taskId, { cluster, change }] of wanted) await applyTask(transaction, cluster, taskId, change);
};

/** One text for all that are equal: each row brings its own, and comparing those costs looks much of their time. */
const openSharing = (): Share => {
  const shared = new Map<string, string>();
  return (text) => {
    const known = shared.get(text);
    if (known !== undefined) return known;
    if (shared.size >= mostShared) shared.clear();
    shared.set(text, text);
    return text;
  };
};

type Share = (text: string) => string;
const mostShared = 100_000;

const factsOf = (record: TaskRecord, share: Share): TaskFacts => {
  const facts = taskFacts(record);
  const { revisionId, containerInstanceId, zone } = facts;
  return {
    ...facts,
    revisionId: share(revisionId),
    containerInstanceId: share(containerInstanceId),
    zone: share(zone),
  };
};

const applyTask = async (
  transaction: SnapshotTransaction,
  { services: kept, places, share }: ClusterTasks,
  taskId: string,
  { key: [account, region, clusterName] }: Change,
): Promise<void> => {
  const key = { account: String(account), region: String(region), clusterName: String(clusterName), taskId };
  const record = (await transaction.get(tasks, key))?.record;
  if (record === undefined) {
    places.get(taskId)?.delete(taskId);
    places.delete(taskId);
    return;
  }
  const place = kept.get(record.group);
  if (place === undefined) return;
  place.set(taskId, factsOf(record, share));
  places.set(taskId, place);
};

const forgetService = ({ services: kept, places }: ClusterTasks, group: string): void => {
  for (const taskId of kept.get(group)?.keys() ?? []) places.delete(taskId);
  kept.delete(group);
};
