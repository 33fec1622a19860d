/**
 * The way of RunTask and StartTask from a placement decision to written tasks: one transaction, in which what
 * the decision was based on is checked again. An instance that went away in between leads to a new decision.
 */
import type { ReadTransaction, Row, WriteTransaction } from '@oreno/store';
import type { EcsContext } from '../context.ts';
import { clientException, clusterNotFound } from '../domain/errors.ts';
import type { PlacementDecision, PlacementRequest } from '../domain/placement/placement.ts';
import { newTask } from '../domain/task/new-task.ts';
import type { TaskTemplate } from '../domain/task/new-task.ts';
import { taskDefinitionReference } from '../domain/task-definition/reference.ts';
import { findCluster } from '../queries/clusters.ts';
import { findTaskDefinition } from '../queries/task-definitions.ts';
import { containerInstances, tasks } from '../records.ts';
import type { TaskDefinitionRecord, TaskRecord } from '../records.ts';

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

export interface Launched {
  readonly tasks: readonly TaskRecord[];
  readonly decision: Pick<PlacementDecision, 'failures' | 'hasInstances'>;
}

/** Decisions that may be overtaken by instances going away before the request is given up. */
const maximumAttempts = 5;

/**
 * Places and writes tasks. `alongside` runs in the same transaction, before the tasks are written, and may
 * refuse by throwing.
 */
export const launchTasks = async (
  context: Pick<EcsContext, 'placement' | 'store'>,
  template: TaskTemplate,
  request: PlacementRequest,
  alongside: (transaction: WriteTransaction, taskIds: readonly string[]) => Promise<void>,
): Promise<Launched> => {
  for (let attempt = 1; ; attempt += 1) {
    const decision = await context.placement.place(request);
    const records = decision.placements.map((placed) => newTask(template, placed));
    try {
      const outcome = records.length === 0 ? 'written' : await write(context, template, records, alongside);
      if (outcome === 'written') {
        decision.commit();
        return { tasks: records, decision };
      }
    } catch (error) {
      decision.release();
      throw error;
    }
    decision.release();
    if (attempt === maximumAttempts)
      throw clientException('Container instances went away while tasks were placed. Try again.');
  }
};

const write = (
  { store }: Pick<EcsContext, 'store'>,
  { cluster }: TaskTemplate,
  records: readonly TaskRecord[],
  alongside: (transaction: WriteTransaction, taskIds: readonly string[]) => Promise<void>,
): Promise<'written' | 'overtaken'> =>
  store.update(async (transaction) => {
    const current = await findCluster(transaction, cluster, cluster.clusterName);
    if (current?.record.status !== 'ACTIVE') throw clusterNotFound();
    for (const containerInstanceId of new Set(records.map((record) => record.containerInstanceId ?? ''))) {
      const { account, region, clusterName } = cluster;
      const row = await transaction.get(containerInstances, { account, region, clusterName, containerInstanceId });
      if (row?.record.status !== 'ACTIVE') return 'overtaken';
    }
    await alongside(
      transaction,
      records.map(({ taskId }) => taskId),
    );
    for (const record of records) await transaction.insert(tasks, record);
    return 'written';
  });

/** Rows of tasks that have just been written. */
export const freshRows = (records: readonly TaskRecord[]): readonly Row<TaskRecord>[] =>
  records.map((record) => ({ record, version: 1 }));
