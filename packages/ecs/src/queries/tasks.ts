/** Reading tasks, by what requests call them. */
import type { ReadTransaction, Row } from '@oreno/store';
import { idInCluster } from '../domain/cluster-reference.ts';
import { looksLikeArn } from '../domain/ecs-arn.ts';
import { invalidParameter } from '../domain/errors.ts';
import { tasks } from '../records.ts';
import type { TaskRecord } from '../records.ts';
import type { ClusterKey } from './container-instances.ts';

/**
 * The id in a task's id or ARN. Throws InvalidParameterException for what cannot be one: ids have 32 digits, or
 * 36 characters as they once had.
 */
export const taskIdOf = (reference: string, { account, region, clusterName }: ClusterKey): string => {
  const id = idInCluster(reference, 'task', clusterName, { account, region });
  if (!looksLikeArn(reference) && id.length !== 32 && id.length !== 36) {
    throw invalidParameter('taskId length should be one of [32,36]');
  }
  return id;
};

export const findTask = (
  transaction: ReadTransaction,
  { account, region, clusterName }: ClusterKey,
  taskId: string,
): Promise<Row<TaskRecord> | undefined> => transaction.get(tasks, { account, region, clusterName, taskId });
