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

export const capacityProviders = defineTable<CapacityProviderRecord>()(
  'ecs_capacity_providers',
  ['account', 'region', 'name'],
  { byStatus: ['account', 'region', 'status', 'name'], byDeletedAt: ['deletedAt'] },
);
