/**
 * The door for whoever makes and destroys the machines of Auto Scaling groups: it says which groups it serves,
 * reads how many machines ECS wants of each and which may end, and is told when that changed. A machine joins
 * with an agent that registers the attribute `ecs.capacity-provider`; its container instance is deregistered
 * when the machine is gone.
 */
import type { Store } from '@oreno/store';
import { capacityProviders, machineGroups, scalings, type MachineGroupRecord } from './capacity-records.ts';
import { containerInstances, type Scope } from './records.ts';

/** A group, and the bounds between which it is scaled. */
export type MachineGroup = MachineGroupRecord;

/** What ECS wants of a group. */
export interface MachineWish {
  readonly clusterName: string;
  readonly capacityProviderName: string;
  /** Machines that there shall be, beside those that are leaving. */
  readonly desiredCapacity: number;
  /** Container instances whose machines can be destroyed now. */
  readonly ended: readonly EndedMachine[];
  /** Container instances that are emptied before their machines can be destroyed. */
  readonly emptying: readonly EndedMachine[];
}

export interface EndedMachine {
  readonly containerInstanceArn: string;
  readonly ec2InstanceId?: string | undefined;
}

export interface MachineGroups {
  /** Serves a group, or changes its bounds. Without anybody who does, a group is never scaled in. */
  serve(group: MachineGroup): Promise<void>;
  /** Serves it no more: its machines stay as they are. */
  withdraw(scope: Scope, autoScalingGroupArn: string): Promise<void>;
  /** Undefined where no capacity provider with managed scaling, associated with a cluster, is over this group. */
  wishFor(scope: Scope, autoScalingGroupArn: string): Promise<MachineWish | undefined>;
  /** The Auto Scaling groups that capacity providers of the account and region name, by their ARNs. */
  named(scope: Scope): Promise<readonly string[]>;
  /** Calls back after every commit that may have changed a wish; returns what ends that. */
  watch(wake: () => void): () => void;
}

export const openMachineGroups = (store: Store): MachineGroups => ({
  serve: (group) =>
    store.update(async (transaction) => {
      await transaction.put(machineGroups, group);
    }),
  withdraw: ({ account, region }, autoScalingGroupArn) =>
    store.update(async (transaction) => {
      await transaction.delete(machineGroups, { account, region, autoScalingGroupArn });
    }),
  wishFor: ({ account, region }, autoScalingGroupArn) =>
    store.read(async (transaction) => {
      const rows = await transaction.list(scalings, { where: { account, region } });
      const record = rows.find((row) => row.record.autoScalingGroupArn === autoScalingGroupArn)?.record;
      if (record === undefined) return undefined;
      const { clusterName, capacityProviderName, desiredCapacity, leaving } = record;
      const ended: EndedMachine[] = [];
      const emptying: EndedMachine[] = [];
      for (const { containerInstanceId, mayEnd } of leaving) {
        const row = await transaction.get(containerInstances, { account, region, clusterName, containerInstanceId });
        if (row === undefined || row.record.status === 'INACTIVE') continue;
        const { containerInstanceArn, ec2InstanceId } = row.record;
        (mayEnd ? ended : emptying).push({ containerInstanceArn, ec2InstanceId });
      }
      return { clusterName, capacityProviderName, desiredCapacity, ended, emptying };
    }),
  named: ({ account, region }) =>
    store.read(async (transaction) => {
      const where = { account, region, status: 'ACTIVE' as const };
      const rows = await transaction.list(capacityProviders, { index: 'byStatus', where });
      return rows.map(({ record }) => record.autoScalingGroupProvider.autoScalingGroupArn);
    }),
  watch: (wake) => store.watch(wake),
});
