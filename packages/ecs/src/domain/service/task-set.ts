/**
 * Task sets: what CreateTaskSet and UpdateTaskSet accept, and how a set is shown. Pure.
 * Pages: CreateTaskSet, UpdateTaskSet, DeleteTaskSet, TaskSet in the API reference.
 */
import { AwsError, validateTags, type ecs } from '@oreno/aws-wire';
import type { ClusterRecord, TaskDefinitionRecord } from '../../records.ts';
import type { ServiceRecord, ServiceRevisionRecord } from '../../service-records.ts';
import { strategyWithDefaults } from '../capacity-provider/strategy.ts';
import { revisionIdFrom } from '../deployment/revisions.ts';
import { invalidParameter } from '../errors.ts';
import { capacityOf, concreteVersion } from '../task/launch-type.ts';
import { validateLaunchOf } from '../task/launch.ts';
import { taskSetArn } from './arns.ts';
import { refuseUnavailable } from './refused.ts';
import { networkWithDefaults } from './same-settings.ts';
import { deploymentIdOf } from './service-task.ts';
import { isFargate, settingsView, type TaskCounts } from './view.ts';

/** Percentages as they are written: without what binary fractions add (4.6 % of 500 are 23, not 24). */
const exact = (value: number): number => Number(value.toPrecision(12));

/** The set's share of the service's tasks, rounded up. */
export const computedDesiredCount = (
  { desiredCount }: Pick<ServiceRecord, 'desiredCount'>,
  { taskSet }: Pick<ServiceRevisionRecord, 'taskSet'>,
): number => Math.ceil(exact((desiredCount * (taskSet?.scale ?? 0)) / 100));

/** AWS's quota "Task sets per service". */
const mostTaskSets = 5;

/** Throws InvalidParameterException where the service's deployments are not made of task sets. */
export const requireExternal = ({ deploymentController }: ServiceRecord): void => {
  if (deploymentController?.type === 'EXTERNAL') return;
  throw invalidParameter('Task sets are for services that use the EXTERNAL deployment controller.');
};

/** Percent, 0 to 100; throws InvalidParameterException. */
export const scaleOf = ({ value = 0, unit = 'PERCENT' }: ecs.Scale = {}): number => {
  if (unit === 'PERCENT' && value >= 0 && value <= 100) return value;
  throw invalidParameter('The scale of a task set must be a percentage between 0 and 100.');
};

/** What a set is made from. */
export interface TaskSetFacts {
  readonly cluster: ClusterRecord;
  readonly service: ServiceRecord;
  readonly definition: TaskDefinitionRecord;
  /** The sets that the service has. */
  readonly others: readonly ServiceRevisionRecord[];
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly newId: () => string;
}

/** The record of a new set; throws what CreateTaskSet answers. */
export const newTaskSet = (input: ecs.CreateTaskSetRequest, facts: TaskSetFacts): ServiceRevisionRecord => {
  const { cluster, service, definition, others, now, newId } = facts;
  requireExternal(service);
  validateTags(input.tags);
  refuseUnavailable({ loadBalancers: input.loadBalancers, serviceRegistries: input.serviceRegistries });
  if (others.length >= mostTaskSets) {
    throw invalidParameter(`A service can have up to ${mostTaskSets} task sets. Delete one and try again.`);
  }
  const asked = input.capacityProviderStrategy ?? [];
  const strategy =
    input.launchType === undefined && asked.length === 0 ? cluster.defaultCapacityProviderStrategy : asked;
  const capacity =
    strategy.length > 0
      ? { capacityProviderStrategy: strategyWithDefaults(strategy) }
      : { launchType: input.launchType ?? ('EC2' as const) };
  const { placementConstraints, placementStrategy, account, region, clusterName, serviceName } = service;
  const { platformVersion, networkConfiguration } = input;
  validateLaunchOf({ networkConfiguration }, definition);
  const asks = { launchType: input.launchType, capacityProviderStrategy: asked, platformVersion };
  capacityOf(
    { ...asks, networkConfiguration, placementConstraints, placementStrategy },
    cluster,
    definition.definition,
  );
  const revisionId = revisionIdFrom(newId());
  return {
    account,
    region,
    clusterName,
    serviceName,
    revisionId,
    taskDefinition: definition.taskDefinitionArn,
    ...capacity,
    platformVersion,
    networkConfiguration: networkWithDefaults(networkConfiguration),
    createdAt: now,
    updatedAt: now,
    status: 'ACTIVE',
    // The rollout state is for deployments of the ECS controller; a set's own is its stability.
    rolloutState: 'COMPLETED',
    rolloutStateReason: '',
    failedTasks: 0,
    countedTasks: [],
    taskSet: {
      externalId: input.externalId,
      clientToken: input.clientToken,
      scale: scaleOf(input.scale),
      tags: input.tags ?? [],
    },
  };
};

export const taskSetNotFound = (): AwsError => new AwsError('TaskSetNotFoundException', 'TaskSet not found.');

/** What a set is shown with besides its record. */
export interface TaskSetCondition extends TaskCounts {
  /** Every task that is wanted runs, is healthy and may stay where it is. */
  readonly isStable: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** A task set; its tags with `withTags`, or where there are any. */
export const taskSetView = (
  set: ServiceRevisionRecord,
  service: ServiceRecord,
  { running, pending, isStable, now }: TaskSetCondition,
  withTags: boolean | 'ifAny',
): ecs.TaskSet => {
  const { externalId, scale = 0, tags = [] } = set.taskSet ?? {};
  return {
    id: deploymentIdOf(set.revisionId),
    taskSetArn: taskSetArn(set, set.revisionId),
    serviceArn: service.serviceArn,
    clusterArn: service.clusterArn,
    ...(externalId === undefined ? {} : { externalId }),
    status: set.status,
    taskDefinition: set.taskDefinition,
    computedDesiredCount: set.status === 'DRAINING' ? 0 : computedDesiredCount(service, set),
    pendingCount: pending,
    runningCount: running,
    createdAt: set.createdAt,
    updatedAt: set.updatedAt,
    ...settingsView(set),
    ...(isFargate(set) ? { platformVersion: concreteVersion(set), platformFamily: 'Linux' } : {}),
    loadBalancers: [],
    serviceRegistries: [],
    scale: { value: scale, unit: 'PERCENT' },
    stabilityStatus: isStable ? 'STEADY_STATE' : 'STABILIZING',
    stabilityStatusAt: now,
    ...(withTags === true || (withTags === 'ifAny' && tags.length > 0) ? { tags } : {}),
  };
};
