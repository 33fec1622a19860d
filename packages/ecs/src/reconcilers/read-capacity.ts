/** Reads what managed scaling decides on: one cluster with all of its capacity providers that scale. */
import type { ReadTransaction } from '@oreno/store';
import {
  capacityProviders,
  machineGroups,
  scalings,
  waitingTasks,
  type CapacityProviderRecord,
  type ScalingRecord,
} from '../capacity-records.ts';
import type { CapacityInstance } from '../domain/capacity-provider/capacity-instance.ts';
import type { CapacitySnapshot } from '../domain/capacity-provider/decide-capacity.ts';
import type { TaskNeeds } from '../domain/capacity-provider/reservation.ts';
import { attributeValue } from '../domain/container-instance/attributes.ts';
import type { Placement } from '../domain/placement/placement.ts';
import { groupOf } from '../domain/service/service-task.ts';
import { findCluster } from '../queries/clusters.ts';
import type { ClusterKey } from '../queries/container-instances.ts';
import { findTask } from '../queries/tasks.ts';
import { containerInstances } from '../records.ts';
import type { ContainerInstanceRecord } from '../records.ts';
import { services } from '../service-records.ts';

/** A capacity provider with managed scaling in its cluster. */
export interface ScaledProvider extends CapacitySnapshot {
  readonly cluster: ClusterKey;
  readonly provider: CapacityProviderRecord;
}

export interface ClusterCapacity {
  readonly cluster: ClusterKey;
  readonly providers: readonly ScaledProvider[];
  /** Of capacity providers that scale no more, or not this cluster. */
  readonly stale: readonly ScalingRecord[];
  /** When the metric was last published; 0 where it was not. */
  readonly publishedAt: number;
}

export const readClusterCapacity = async (
  transaction: ReadTransaction,
  placement: Pick<Placement, 'usageSoFar'>,
  cluster: ClusterKey,
): Promise<Omit<ClusterCapacity, 'publishedAt'>> => {
  const { account, region, clusterName } = cluster;
  const where = { account, region, clusterName };
  const record = (await findCluster(transaction, cluster, clusterName))?.record;
  const before = (await transaction.list(scalings, { where })).map((row) => row.record);
  const scaled: CapacityProviderRecord[] = [];
  for (const name of record?.status === 'ACTIVE' ? record.capacityProviders : []) {
    const provider = (await transaction.get(capacityProviders, { account, region, name }))?.record;
    const isScaled = provider?.autoScalingGroupProvider.managedScaling.status === 'ENABLED';
    if (provider?.status === 'ACTIVE' && isScaled) scaled.push(provider);
  }
  const names = new Set(scaled.map(({ name }) => name));
  const stale = before.filter(({ capacityProviderName }) => !names.has(capacityProviderName));
  if (scaled.length === 0) return { cluster: where, providers: [], stale };
  const rows = await transaction.list(containerInstances, { where });
  const instances = rows.map((row) => row.record).filter(({ status }) => status !== 'INACTIVE');
  const daemons = await daemonGroups(transaction, where);
  const waiting = await waitingIn(transaction, where);
  const providers: ScaledProvider[] = [];
  for (const provider of scaled) {
    const own = instances.filter(({ capacityProviderName }) => capacityProviderName === provider.name);
    providers.push({
      cluster: where,
      provider,
      settings: provider.autoScalingGroupProvider,
      instances: viewInstances(own, placement, daemons),
      waiting: waiting.get(provider.name) ?? [],
      group: (await transaction.get(machineGroups, { account, region, capacityProviderName: provider.name }))?.record,
      scaling: before.find(({ capacityProviderName }) => capacityProviderName === provider.name),
    });
  }
  return { cluster: where, providers, stale };
};

/** The groups of the cluster's DAEMON services: their tasks keep no instance busy. */
export const daemonGroups = async (
  transaction: ReadTransaction,
  { account, region, clusterName }: ClusterKey,
): Promise<ReadonlySet<string>> => {
  const rows = await transaction.list(services, { where: { account, region, clusterName } });
  const daemons = rows.filter(({ record }) => record.schedulingStrategy === 'DAEMON');
  return new Set(daemons.map(({ record }) => groupOf(record.serviceName)));
};

const viewInstances = (
  records: readonly ContainerInstanceRecord[],
  placement: Pick<Placement, 'usageSoFar'>,
  daemons: ReadonlySet<string>,
): readonly CapacityInstance[] => {
  const usages = placement.usageSoFar(records);
  return records.map((record, index) => {
    const usage = usages[index];
    return {
      containerInstanceId: record.containerInstanceId,
      status: record.status === 'ACTIVE' ? 'ACTIVE' : 'DRAINING',
      availabilityZone: attributeValue(record.attributes, 'ecs.availability-zone') ?? '',
      registeredAt: record.registeredAt,
      cpu: record.registered.cpu,
      memory: record.registered.memory,
      // One that is not in the view yet is new.
      isBusy: usage?.groups.some((group) => !daemons.has(group)) ?? true,
      tasks: usage === undefined ? 1 : usage.runningTasksCount + usage.pendingTasksCount,
    };
  });
};

/** What waiting tasks need, by capacity provider. */
const waitingIn = async (
  transaction: ReadTransaction,
  where: ClusterKey,
): Promise<ReadonlyMap<string, readonly TaskNeeds[]>> => {
  const waiting = new Map<string, TaskNeeds[]>();
  for (const { record } of await transaction.list(waitingTasks, { where })) {
    const task = (await findTask(transaction, record, record.taskId))?.record;
    if (task === undefined || task.desiredStatus === 'STOPPED') continue;
    const list = waiting.get(record.capacityProviderName) ?? [];
    waiting.set(record.capacityProviderName, list);
    const isApart = record.constraints.some(({ type }) => type === 'distinctInstance');
    list.push({ ...task.resources, ...(isApart ? { apart: task.group } : {}) });
  }
  return waiting;
};
