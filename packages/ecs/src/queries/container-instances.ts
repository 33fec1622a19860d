/** Reading container instances and what runs on them. */
import type { ReadTransaction, Row } from '@oreno/store';
import { idInCluster } from '../domain/cluster-reference.ts';
import { invalidParameter } from '../domain/errors.ts';
import { containerInstances, tasks } from '../records.ts';
import type { ContainerInstanceRecord, Scope, TaskRecord } from '../records.ts';

/** Names a cluster's records. */
export interface ClusterKey extends Scope {
  readonly clusterName: string;
}

/** The container instance that an id or ARN names in a cluster, whatever its status. */
export const findContainerInstance = (
  transaction: ReadTransaction,
  { account, region, clusterName }: ClusterKey,
  reference: string,
): Promise<Row<ContainerInstanceRecord> | undefined> =>
  transaction.get(containerInstances, {
    account,
    region,
    clusterName,
    containerInstanceId: idInCluster(reference, 'container-instance', clusterName, { account, region }),
  });

/** The registered container instance a request names; InvalidParameterException when there is none. */
export const requireContainerInstance = async (
  transaction: ReadTransaction,
  key: ClusterKey,
  reference: string,
): Promise<Row<ContainerInstanceRecord>> => {
  const row = await findContainerInstance(transaction, key, reference);
  if (row === undefined || row.record.status === 'INACTIVE') {
    throw invalidParameter('The referenced container instance is not registered.');
  }
  return row;
};

/** The tasks placed on an instance that are not STOPPED. */
export const liveTasksOn = async (
  transaction: ReadTransaction,
  { account, region, clusterName, containerInstanceId }: ClusterKey & { readonly containerInstanceId: string },
): Promise<readonly Row<TaskRecord>[]> => {
  const rows = await transaction.list(tasks, {
    index: 'byInstance',
    where: { account, region, clusterName, containerInstanceId },
  });
  return rows.filter(({ record }) => record.lastStatus !== 'STOPPED');
};
