/**
 * The way of RunTask, StartTask and services from placement decisions to written tasks: one transaction, in
 * which what the decisions were based on is checked again. An instance that went away in between leads to new
 * decisions.
 */
import type { ReadTransaction, Row, WriteTransaction } from '@oreno/store';
import { waitingTasks } from '../capacity-records.ts';
import type { EcsContext } from '../context.ts';
import { clientException, clusterNotFound } from '../domain/errors.ts';
import type { PlacementDecision, PlacementFailure, PlacementRequest } from '../domain/placement/placement.ts';
import { boundTo } from '../domain/task/launch-type.ts';
import { newTask, newWaitingTask } from '../domain/task/new-task.ts';
import type { TaskTemplate } from '../domain/task/new-task.ts';
import { taskDefinitionReference } from '../domain/task-definition/reference.ts';
import { countWaiting } from '../queries/capacity-providers.ts';
import { findCluster } from '../queries/clusters.ts';
import { findTaskDefinition } from '../queries/task-definitions.ts';
import { containerInstances, tasks } from '../records.ts';
import type { ClusterRecord, TaskDefinitionRecord, TaskRecord } from '../records.ts';

/** The ACTIVE task definition that a request names; ClientException when there is none. */
export const requireTaskDefinition = async (
  transaction: ReadTransaction,
  context: EcsContext,
  text: string,
): Promise<TaskDefinitionRecord> => {
  const row = await findTaskDefinition(transaction, context, taskDefinitionReference(text, context));
  if (row === undefined) throw clientException('TaskDefinition not found.');
  if (row.record.status !== 'ACTIVE') throw clientException('TaskDefinition is inactive');
  return row.record;
};

/** Equal tasks on equal capacity. */
export interface LaunchShare {
  readonly template: TaskTemplate;
  readonly request: PlacementRequest;
  /** How many may wait for room in PROVISIONING: their capacity provider has managed scaling. */
  readonly mayWait: number;
}

/** Why tasks found no room. */
export interface Refusals {
  readonly failures: readonly PlacementFailure[];
  /** False where there was no ACTIVE instance at all to ask. */
  readonly hasInstances: boolean;
}

export interface Launched extends Refusals {
  /** Those on instances and those that wait for one; the refusals are about those that are neither. */
  readonly tasks: readonly TaskRecord[];
  /** Why tasks wait; absent where none does. */
  readonly waiting?: Refusals | undefined;
}

/** Decisions that may be overtaken by instances going away before the request is given up. */
const maximumAttempts = 5;

/**
 * Places and writes tasks. `alongside` runs in the same transaction, before the tasks are written, and may
 * refuse by throwing.
 */
export const launchTasks = async (
  context: Pick<EcsContext, 'placement' | 'store'>,
  cluster: ClusterRecord,
  shares: readonly LaunchShare[],
  alongside: (transaction: WriteTransaction, taskIds: readonly string[]) => Promise<void>,
): Promise<Launched> => {
  for (let attempt = 1; ; attempt += 1) {
    const drafts: Draft[] = [];
    try {
      for (const share of shares) drafts.push(draft(share, await context.placement.place(share.request)));
      const written = drafts.flatMap(({ placed, waiting }) => [...placed, ...waiting]);
      const outcome = written.length === 0 ? 'written' : await write(context, cluster, drafts, alongside);
      if (outcome === 'written') {
        for (const { decision } of drafts) decision.commit();
        return summarize(drafts, written);
      }
    } catch (error) {
      for (const { decision } of drafts) decision.release();
      throw error;
    }
    for (const { decision } of drafts) decision.release();
    if (attempt === maximumAttempts)
      throw clientException('Container instances went away while tasks were placed. Try again.');
  }
};

/** The tasks of a share as they would be written. */
interface Draft {
  readonly share: LaunchShare;
  readonly decision: PlacementDecision;
  readonly placed: readonly TaskRecord[];
  readonly waiting: readonly TaskRecord[];
}

const draft = (share: LaunchShare, decision: PlacementDecision): Draft => {
  const { template, request, mayWait } = share;
  const found = new Set(decision.placements.map(({ taskId }) => taskId));
  const missing = request.taskIds.filter((taskId) => !found.has(taskId)).slice(0, mayWait);
  return {
    share,
    decision,
    placed: decision.placements.map((each) => newTask(template, each)),
    waiting: missing.map((taskId) => newWaitingTask(template, taskId)),
  };
};

const summarize = (drafts: readonly Draft[], written: readonly TaskRecord[]): Launched => {
  const refused = drafts.filter(
    ({ share, placed, waiting }) => placed.length + waiting.length < share.request.taskIds.length,
  );
  const waiting = drafts.filter((each) => each.waiting.length > 0);
  return {
    tasks: written,
    ...refusalsOf(refused),
    ...(waiting.length > 0 ? { waiting: refusalsOf(waiting) } : {}),
  };
};

const refusalsOf = (drafts: readonly Draft[]): Refusals => ({
  failures: drafts.flatMap(({ decision }) => decision.failures),
  hasInstances: drafts.every(({ decision }) => decision.hasInstances),
});

const write = (
  { store }: Pick<EcsContext, 'store'>,
  cluster: ClusterRecord,
  drafts: readonly Draft[],
  alongside: (transaction: WriteTransaction, taskIds: readonly string[]) => Promise<void>,
): Promise<'written' | 'overtaken'> =>
  store.update(async (transaction) => {
    const { account, region, clusterName } = cluster;
    const current = await findCluster(transaction, cluster, clusterName);
    if (current?.record.status !== 'ACTIVE') throw clusterNotFound();
    const placed = drafts.flatMap((each) => each.placed);
    for (const containerInstanceId of new Set(placed.map((record) => record.containerInstanceId ?? ''))) {
      const row = await transaction.get(containerInstances, { account, region, clusterName, containerInstanceId });
      if (row?.record.status !== 'ACTIVE') return 'overtaken';
    }
    const waiting = drafts.flatMap((each) => each.waiting);
    if (waiting.length > 0) await assertMayWait(transaction, cluster, waiting.length);
    await alongside(
      transaction,
      [...placed, ...waiting].map(({ taskId }) => taskId),
    );
    for (const record of [...placed, ...waiting]) await transaction.insert(tasks, record);
    for (const { share, waiting: records } of drafts) await letWait(transaction, share, records);
    return 'written';
  });

/** "Tasks in PROVISIONING state per cluster" in "Amazon ECS service quotas". */
export const mostWaiting = 500;

const assertMayWait = async (transaction: WriteTransaction, cluster: ClusterRecord, count: number): Promise<void> => {
  if ((await countWaiting(transaction, cluster)) + count > mostWaiting)
    throw clientException('Tasks provisioning capacity limit exceeded.');
};

const letWait = async (
  transaction: WriteTransaction,
  { template, request }: LaunchShare,
  records: readonly TaskRecord[],
): Promise<void> => {
  const { constraints, strategy } = request;
  const capacityProviderName = boundTo(template.capacity) ?? '';
  for (const { account, region, clusterName, taskId } of records) {
    const key = { account, region, clusterName, taskId };
    await transaction.insert(waitingTasks, {
      ...key,
      since: template.now,
      capacityProviderName,
      constraints,
      strategy,
    });
  }
};

/** Rows of tasks that have just been written. */
export const freshRows = (records: readonly TaskRecord[]): readonly Row<TaskRecord>[] =>
  records.map((record) => ({ record, version: 1 }));
