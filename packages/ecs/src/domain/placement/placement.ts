/**
 * The door to placement: where tasks fit, and why they do not. Behind it stands a view of every container
 * instance and what occupies it, kept from the store's change log, and a pure decision over that view.
 *
 * Invariants:
 * - a decision reserves what it hands out in the moment it is made, so concurrent requests never share room;
 * - a reservation goes by its task's id: the written task replaces it, and a failed transaction releases it;
 * - a request sees everything that was committed before it was asked.
 */
import type { ecs } from '@oreno/aws-wire';
import type { InstanceResources, Scope, TaskResources } from '../../records.ts';

/** An instance that a request names. */
export interface StartTarget {
  readonly containerInstanceId: string;
  readonly containerInstanceArn: string;
}

/** A batch of equal tasks to be placed in one cluster. */
export interface PlacementRequest extends Scope {
  readonly clusterName: string;
  /** One id for each task wanted. */
  readonly taskIds: readonly string[];
  readonly resources: TaskResources;
  readonly group: string;
  /** What the task definition asks of an instance (`requiresAttributes`). */
  readonly requiresAttributes: readonly ecs.Attribute[];
  /** Those of the request and of the task definition together. */
  readonly constraints: readonly ecs.PlacementConstraint[];
  /** Only instances of this capacity provider may take the tasks. */
  readonly capacityProvider?: string | undefined;
  /** In the order in which they decide; empty means ECS's default for tasks run by hand: random. */
  readonly strategy: readonly ecs.PlacementStrategy[];
  /** StartTask: one task on each of these instances, as many as there are task ids, and no strategy. */
  readonly targets?: readonly StartTarget[] | undefined;
}

/** Where one task goes. */
export interface PlacedTask {
  readonly taskId: string;
  readonly containerInstanceId: string;
  readonly containerInstanceArn: string;
  readonly availabilityZone?: string | undefined;
  /** The instance's `ecs.cpu-architecture`, which tasks show as an attribute. */
  readonly cpuArchitecture?: string | undefined;
  /** As many as the task's resources name. */
  readonly gpuIds: readonly string[];
}

/** A refusal in ECS's words (API failure reasons): the instance that refused, and why. */
export interface PlacementFailure {
  readonly arn?: string | undefined;
  readonly reason: string;
  readonly detail?: string | undefined;
}

/** What was decided. One of `commit` and `release` is to be called, once. */
export interface PlacementDecision {
  /** At most as many as there were task ids. */
  readonly placements: readonly PlacedTask[];
  /** Empty when every task was placed. */
  readonly failures: readonly PlacementFailure[];
  /** Whether the cluster (or the capacity provider) has an ACTIVE instance at all: none is an error of its own in ECS. */
  readonly hasInstances: boolean;
  /** The tasks were written (as new rows). */
  commit(): void;
  /** The tasks were not written: their room is free again. */
  release(): void;
}

/** What is left of an instance and what runs on it, as DescribeContainerInstances shows it. */
export interface InstanceUsage {
  /** `ports` and `portsUdp` are those in use, the instance's own included; `gpus` the ids that are free. */
  readonly remaining: InstanceResources;
  readonly runningTasksCount: number;
  readonly pendingTasksCount: number;
  /** Groups of which wanted tasks are there. */
  readonly groups: readonly string[];
}

/** Names one container instance. */
export interface InstanceKey extends Scope {
  readonly clusterName: string;
  readonly containerInstanceId: string;
}

/** Where tasks fit: the incrementally kept view and the batch placement over it. */
export interface Placement {
  /** Decides for the whole batch at once; throws AwsError InvalidParameterException for a malformed constraint or strategy. */
  place(request: PlacementRequest): Promise<PlacementDecision>;
  /** One entry for each key, undefined for an instance that is not registered. */
  usage(keys: readonly InstanceKey[]): Promise<readonly (InstanceUsage | undefined)[]>;
  /** The zones of ACTIVE instances that could take such tasks, whatever room is left there; as far as the view is now. */
  zonesSoFar(request: Omit<PlacementRequest, 'strategy' | 'targets' | 'taskIds'>): readonly string[];
  /** The same as far as the view is now: the newest changes may be missing. */
  usageSoFar(keys: readonly InstanceKey[]): readonly (InstanceUsage | undefined)[];
}
