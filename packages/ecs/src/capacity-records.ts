/**
 * What ECS keeps of capacity providers: those that people made over Auto Scaling groups. FARGATE and
 * FARGATE_SPOT belong to every account and are not kept. Times are milliseconds since the epoch.
 */
import type { ecs } from '@oreno/aws-wire';
import { defineTable } from '@oreno/store';
import type { Scope } from './records.ts';

/** Managed scaling with ECS's defaults written out. */
export interface ManagedScaling {
  readonly status: ecs.ManagedScalingStatus;
  /** Percent of the instances that tasks shall need, 1 to 100. */
  readonly targetCapacity: number;
  /** Instances that are added at least and at most at a time. */
  readonly minimumScalingStepSize: number;
  readonly maximumScalingStepSize: number;
  /** Seconds. */
  readonly instanceWarmupPeriod: number;
}

/** An Auto Scaling group, and what ECS may do with it. Here such a group is any set of machines under one ARN. */
export interface AutoScalingGroup {
  readonly autoScalingGroupArn: string;
  readonly managedScaling: ManagedScaling;
  readonly managedTerminationProtection: ecs.ManagedTerminationProtection;
  readonly managedDraining: ecs.ManagedDraining;
}

export interface CapacityProviderRecord extends Scope {
  readonly name: string;
  readonly capacityProviderArn: string;
  readonly createdAt: number;
  /** A deleted one is INACTIVE, and can be described for an hour. */
  readonly status: 'ACTIVE' | 'INACTIVE';
  readonly deletedAt?: number | undefined;
  readonly autoScalingGroupProvider: AutoScalingGroup;
  readonly updateStatus: ecs.CapacityProviderUpdateStatus;
  readonly tags: readonly ecs.Tag[];
}

/** How a task is to be placed, and where it may go. */
export interface WaitingTaskRecord extends Scope {
  readonly clusterName: string;
  readonly taskId: string;
  readonly since: number;
  readonly capacityProviderName: string;
  readonly constraints: readonly ecs.PlacementConstraint[];
  readonly strategy: readonly ecs.PlacementStrategy[];
}

/** Tasks in PROVISIONING that wait for an instance of their capacity provider: those that found no room. */
export const waitingTasks = defineTable<WaitingTaskRecord>()('ecs_waiting_tasks', [
  'account',
  'region',
  'clusterName',
  'taskId',
]);

/** What whoever makes and destroys machines says of a capacity provider's group: only a served group is scaled in. */
export interface MachineGroupRecord extends Scope {
  readonly capacityProviderName: string;
  readonly minimumSize: number;
  readonly maximumSize: number;
  /** What a machine of it will register: CPU units and MiB. The largest registered one is taken where it is absent. */
  readonly machine?: { readonly cpu: number; readonly memory: number } | undefined;
  readonly servedUntil: number;
}

/** An instance that managed scaling takes away. */
export interface LeavingInstance {
  readonly containerInstanceId: string;
  /** No task is left on it, or it is not to be waited for: the machine can be destroyed. */
  readonly mayEnd: boolean;
}

/** Where managed scaling of a capacity provider stands in its cluster. Written by that loop alone. */
export interface ScalingRecord extends Scope {
  readonly clusterName: string;
  readonly capacityProviderName: string;
  /** Machines that there shall be, those that are leaving not counted. */
  readonly desiredCapacity: number;
  /** The last step out: when, and how many machines were wanted before it. */
  readonly scaledOut?: { readonly at: number; readonly from: number } | undefined;
  /** Since when there have been more machines than wanted. */
  readonly lowSince?: number | undefined;
  readonly leaving: readonly LeavingInstance[];
}

export const machineGroups = defineTable<MachineGroupRecord>()('ecs_machine_groups', [
  'account',
  'region',
  'capacityProviderName',
]);

export const scalings = defineTable<ScalingRecord>()('ecs_capacity_scalings', [
  'account',
  'region',
  'clusterName',
  'capacityProviderName',
]);

export const capacityProviders = defineTable<CapacityProviderRecord>()(
  'ecs_capacity_providers',
  ['account', 'region', 'name'],
  { byStatus: ['account', 'region', 'status', 'name'], byDeletedAt: ['deletedAt'] },
);
