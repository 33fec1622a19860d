/** Reading capacity providers, and what uses them. */
import type { ecs } from '@oreno/aws-wire';
import type { ReadTransaction } from '@oreno/store';
import { capacityProviders, waitingTasks } from '../capacity-records.ts';
import type { CapacityProviderRecord } from '../capacity-records.ts';
import { capacityProviderNameOf, isFargateProvider } from '../domain/capacity-provider/names.ts';
import { clientException, invalidParameter } from '../domain/errors.ts';
import { firstDuplicate } from '../domain/task-definition/check.ts';
import { clusters, tasks } from '../records.ts';
import type { ClusterRecord, Scope } from '../records.ts';
import { serviceRevisions } from '../service-records.ts';
import type { ClusterKey } from './container-instances.ts';

/** The capacity provider of that name, whatever its status; those of Fargate have no record. */
export const findCapacityProvider = async (
  transaction: ReadTransaction,
  { account, region }: Scope,
  name: string,
): Promise<CapacityProviderRecord | undefined> =>
  (await transaction.get(capacityProviders, { account, region, name }))?.record;

const doesNotExist = 'The specified capacity provider does not exist. Specify a valid name or ARN and try again.';

/** The ACTIVE capacity provider that a request is about; ClientException when there is none. */
export const requireCapacityProvider = async (
  transaction: ReadTransaction,
  scope: Scope,
  reference: string,
): Promise<CapacityProviderRecord> => {
  const name = capacityProviderNameOf(reference, scope);
  if (isFargateProvider(name)) {
    throw invalidParameter('The FARGATE and FARGATE_SPOT capacity providers are reserved and cannot be changed.');
  }
  const record = await findCapacityProvider(transaction, scope, name);
  if (record?.status !== 'ACTIVE') throw clientException(doesNotExist);
  return record;
};

/** The ACTIVE clusters that a capacity provider is associated with. */
export const clustersOf = async (
  transaction: ReadTransaction,
  { account, region }: Scope,
  name: string,
): Promise<readonly ClusterRecord[]> => {
  const where = { account, region, status: 'ACTIVE' as const };
  const rows = await transaction.list(clusters, { index: 'byStatus', where });
  return rows.map(({ record }) => record).filter(({ capacityProviders: names }) => names.includes(name));
};

const mostOfCluster = 20;

/**
 * The names of capacity providers that shall be a cluster's. Throws InvalidParameterException for one that is
 * not there, or scales one cluster and is wanted by another ("Cluster auto scaling": with managed scaling a
 * capacity provider goes with one cluster at a time).
 */
export const associableProviders = async (
  transaction: ReadTransaction,
  { account, region, clusterName }: ClusterKey,
  references: readonly string[],
): Promise<readonly string[]> => {
  const names = references.map((reference) => capacityProviderNameOf(reference, { account, region }));
  const duplicate = firstDuplicate(names);
  if (duplicate !== undefined) {
    throw invalidParameter(`The capacity provider ${duplicate} is specified more than once.`);
  }
  if (names.length > mostOfCluster) {
    throw invalidParameter(`A cluster can have a maximum of ${mostOfCluster} capacity providers.`);
  }
  for (const name of names.filter((each) => !isFargateProvider(each))) {
    const record = await findCapacityProvider(transaction, { account, region }, name);
    if (record?.status !== 'ACTIVE') throw invalidParameter(doesNotExist);
    if (record.autoScalingGroupProvider.managedScaling.status !== 'ENABLED') continue;
    const others = await clustersOf(transaction, record, name);
    const other = others.find((cluster) => cluster.clusterName !== clusterName);
    if (other !== undefined) {
      throw invalidParameter(
        `The capacity provider ${name} has managed scaling enabled and is already associated with cluster: ` +
          `${other.clusterName}. Remove it from that cluster, or disable managed scaling, and try again.`,
      );
    }
  }
  return names;
};

const names = (strategy: readonly ecs.CapacityProviderStrategyItem[] = []): readonly string[] =>
  strategy.map(({ capacityProvider }) => capacityProvider);

/** Whether tasks run on one of these capacity providers in the cluster, or services will have tasks there. */
export const areProvidersInUse = async (
  transaction: ReadTransaction,
  { account, region, clusterName }: ClusterKey,
  removed: readonly string[],
): Promise<boolean> => {
  if (removed.length === 0) return false;
  const where = { account, region, clusterName };
  const wanted = await transaction.list(tasks, {
    index: 'byDesiredStatus',
    where: { ...where, desiredStatus: 'RUNNING' },
  });
  if (wanted.some(({ record }) => removed.includes(record.capacityProviderName ?? ''))) return true;
  // A service's strategy is that of its PRIMARY revision; task sets have revisions of their own.
  const revisions = await transaction.list(serviceRevisions, { where });
  return revisions.some(
    ({ record: { status, capacityProviderStrategy } }) =>
      status !== 'INACTIVE' && names(capacityProviderStrategy).some((name) => removed.includes(name)),
  );
};

/** How many tasks of a cluster wait for an instance. */
export const countWaiting = (
  transaction: ReadTransaction,
  { account, region, clusterName }: ClusterKey,
): Promise<number> => transaction.count(waitingTasks, { where: { account, region, clusterName } });

/** The cluster's capacity providers with managed scaling: tasks that find no room there wait for it. */
export const scalingProviders = async (
  transaction: ReadTransaction,
  cluster: ClusterRecord,
): Promise<ReadonlySet<string>> => {
  const scaling = new Set<string>();
  for (const name of cluster.capacityProviders.filter((each) => !isFargateProvider(each))) {
    const record = await findCapacityProvider(transaction, cluster, name);
    const isScaling = record?.autoScalingGroupProvider.managedScaling.status === 'ENABLED';
    if (record?.status === 'ACTIVE' && isScaling) scaling.add(name);
  }
  return scaling;
};
