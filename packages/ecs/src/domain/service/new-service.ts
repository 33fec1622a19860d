/**
 * Makes and changes the records of services as CreateService and UpdateService ask, and refuses what ECS
 * refuses. Pure; pages: CreateService, UpdateService in the API reference.
 */
import { validateTags, type ecs } from '@oreno/aws-wire';
import type { ClusterRecord, TaskDefinitionRecord } from '../../records.ts';
import type { RevisionSettings, ServiceRecord } from '../../service-records.ts';
import { strategyWithDefaults } from '../capacity-provider/strategy.ts';
import { invalidParameter } from '../errors.ts';
import { createFilters } from '../placement/filters.ts';
import { parseStrategy } from '../placement/strategy.ts';
import { capacityOf, refuseTwoCapacities } from '../task/launch-type.ts';
import { validateLaunchOf } from '../task/launch.ts';
import { placementConstraints, placementStrategy, strategyAsShown } from '../task/placement-rules.ts';
import { taskResources } from '../task/resources.ts';
import { serviceArn, validateServiceName } from './arns.ts';
import { configurationAfter, defaultConfiguration } from './configuration.ts';
import { isExternal, refuseChangesForExternal, refuseForExternal } from './external-controller.ts';
import { rebalancingOf } from './rebalancing.ts';
import { refuseUnavailable } from './refused.ts';
import { isSameStrategy, networkWithDefaults } from './same-settings.ts';
import { groupOf } from './service-task.ts';

const clientTokens = /^[\x21-\x7e]{1,36}$/;
const longestGrace = 2_147_483_647;

/** Checks what can be checked without any record; throws InvalidParameterException or UnsupportedFeatureException. */
export const validateCreation = (input: ecs.CreateServiceRequest): void => {
  validateServiceName(input.serviceName);
  validateTags(input.tags);
  refuseUnavailable(input);
  if (isExternal(input)) refuseForExternal(input);
  else if (input.taskDefinition === undefined || input.taskDefinition === '') {
    throw invalidParameter('TaskDefinition can not be blank.');
  }
  if (input.clientToken !== undefined && input.clientToken !== '' && !clientTokens.test(input.clientToken)) {
    throw invalidParameter('clientToken can have up to 36 characters in the range of 33-126, inclusive.');
  }
  refuseTwoCapacities(input);
  if (input.role !== undefined && input.role !== '') {
    throw invalidParameter('role is only valid for services that use load balancers.');
  }
  if (input.schedulingStrategy !== 'DAEMON' && input.desiredCount === undefined && !isExternal(input)) {
    throw invalidParameter('DesiredCount is missing');
  }
};

/** What is the same for new services and changed ones. */
const validateCounts = (
  schedulingStrategy: ecs.SchedulingStrategy,
  {
    desiredCount,
    healthCheckGracePeriodSeconds,
  }: Pick<ecs.CreateServiceRequest, 'desiredCount' | 'healthCheckGracePeriodSeconds'>,
): void => {
  if (schedulingStrategy === 'DAEMON' && desiredCount !== undefined) {
    throw invalidParameter(
      'The daemon scheduling strategy does not support a desired count for services. Remove the desired count value and try again',
    );
  }
  if (desiredCount !== undefined && desiredCount < 0) {
    throw invalidParameter('DesiredCount must be greater than or equal to 0.');
  }
  const grace = healthCheckGracePeriodSeconds ?? 0;
  if (grace < 0 || grace > longestGrace) {
    throw invalidParameter(`healthCheckGracePeriodSeconds must be between 0 and ${longestGrace}.`);
  }
};

/** Where and when a service is made. */
export interface CreationFacts {
  readonly cluster: ClusterRecord;
  /** Of an EXTERNAL service its task sets have one each. */
  readonly definition: TaskDefinitionRecord | undefined;
  readonly createdBy: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The record of a new service; throws what CreateService answers. */
export const newService = (
  input: ecs.CreateServiceRequest,
  { cluster, definition, createdBy, now }: CreationFacts,
): ServiceRecord => {
  const { account, region, clusterName, clusterArn } = cluster;
  const { serviceName, schedulingStrategy = 'REPLICA', healthCheckGracePeriodSeconds } = input;
  validateCounts(schedulingStrategy, input);
  const asked = input.capacityProviderStrategy ?? [];
  const byDefault =
    input.launchType === undefined && asked.length === 0 ? cluster.defaultCapacityProviderStrategy : asked;
  const strategy = schedulingStrategy === 'DAEMON' ? asked : byDefault;
  const service: ServiceRecord = {
    account,
    region,
    clusterName,
    serviceName,
    serviceArn: serviceArn(cluster, clusterName, serviceName),
    clusterArn,
    createdAt: now,
    createdBy,
    clientToken: input.clientToken,
    schedulingStrategy,
    deploymentController: input.deploymentController,
    status: 'ACTIVE',
    desiredCount: input.desiredCount ?? 0,
    deploymentConfiguration: configurationAfter(
      defaultConfiguration[schedulingStrategy],
      input.deploymentConfiguration,
      schedulingStrategy,
    ),
    placementConstraints: input.placementConstraints ?? [],
    placementStrategy: strategyAsShown(input.placementStrategy ?? []),
    healthCheckGracePeriodSeconds,
    availabilityZoneRebalancing: 'DISABLED',
    enableECSManagedTags: input.enableECSManagedTags ?? false,
    propagateTags: input.propagateTags ?? 'NONE',
    tags: input.tags ?? [],
    taskDefinition: definition?.taskDefinitionArn ?? '',
    ...(definition === undefined
      ? {}
      : strategy.length > 0
        ? { capacityProviderStrategy: strategyWithDefaults(strategy) }
        : { launchType: input.launchType ?? 'EC2' }),
    platformVersion: input.platformVersion,
    networkConfiguration: networkWithDefaults(input.networkConfiguration),
    turn: 0,
  };
  const availabilityZoneRebalancing = rebalancingOf(input.availabilityZoneRebalancing, service);
  validateService(service, cluster, definition);
  return { ...service, availabilityZoneRebalancing };
};

/** Checks a whole service against its cluster and task definition; throws what CreateService and UpdateService answer. */
const validateService = (
  service: ServiceRecord,
  cluster: ClusterRecord,
  definition: TaskDefinitionRecord | undefined,
): void => {
  const { schedulingStrategy, launchType, capacityProviderStrategy } = service;
  if (schedulingStrategy === 'DAEMON') validateDaemon(service);
  parseStrategy(placementStrategy(service.placementStrategy));
  createFilters({
    resources: taskResources(definition?.definition ?? {}, {}),
    group: groupOf(service.serviceName),
    requiresAttributes: [],
    constraints: placementConstraints(service.placementConstraints, definition?.definition ?? {}),
  });
  if (definition === undefined) return;
  validateLaunchOf({ networkConfiguration: service.networkConfiguration }, definition);
  capacityOf(
    {
      launchType,
      capacityProviderStrategy,
      platformVersion: service.platformVersion,
      networkConfiguration: service.networkConfiguration,
      placementConstraints: service.placementConstraints,
      placementStrategy: service.placementStrategy,
    },
    cluster,
    definition.definition,
  );
};

const validateDaemon = ({
  launchType,
  capacityProviderStrategy,
  placementStrategy: chain,
  placementConstraints: rules,
}: ServiceRecord): void => {
  if (launchType === 'FARGATE' || (capacityProviderStrategy ?? []).length > 0) {
    throw invalidParameter(
      'The daemon scheduling strategy is not supported with the Fargate launch type or capacity providers.',
    );
  }
  if (chain.length > 0) throw invalidParameter('The daemon scheduling strategy does not support placement strategies.');
  if (rules.some(({ type }) => type === 'distinctInstance')) {
    throw invalidParameter(
      'The daemon scheduling strategy does not support the distinctInstance placement constraint.',
    );
  }
};

const mustForce =
  'When switching from launch type to capacity provider strategy on an existing service, or making a change to a ' +
  'capacity provider strategy on a service that is already using one, you must force a new deployment.';

/** The service as UpdateService leaves it. `definition` is the task definition it has then. */
export const updatedService = (
  service: ServiceRecord,
  input: ecs.UpdateServiceRequest,
  cluster: ClusterRecord,
  definition: TaskDefinitionRecord | undefined,
): ServiceRecord => {
  refuseChangesForExternal(service, input);
  refuseUnavailable({ ...input, enableExecuteCommand: input.enableExecuteCommand });
  validateCounts(service.schedulingStrategy, input);
  const { capacityProviderStrategy } = input;
  const keepsStrategy =
    capacityProviderStrategy === undefined ||
    isSameStrategy(capacityProviderStrategy, service.capacityProviderStrategy);
  if (!keepsStrategy && input.forceNewDeployment !== true) throw invalidParameter(mustForce);
  const { launchType: _type, capacityProviderStrategy: _strategy, ...rest } = service;
  const capacity = keepsStrategy
    ? service
    : capacityProviderStrategy.length > 0
      ? { capacityProviderStrategy: strategyWithDefaults(capacityProviderStrategy) }
      : { launchType: service.launchType ?? ('EC2' as const) };
  const updated: ServiceRecord = {
    ...rest,
    ...(capacity.capacityProviderStrategy === undefined
      ? { launchType: 'launchType' in capacity ? capacity.launchType : undefined }
      : { capacityProviderStrategy: capacity.capacityProviderStrategy }),
    taskDefinition: definition?.taskDefinitionArn ?? '',
    desiredCount: input.desiredCount ?? service.desiredCount,
    deploymentController: input.deploymentController ?? service.deploymentController,
    deploymentConfiguration: configurationAfter(
      service.deploymentConfiguration,
      input.deploymentConfiguration,
      service.schedulingStrategy,
    ),
    placementConstraints: input.placementConstraints ?? service.placementConstraints,
    placementStrategy: strategyAsShown(input.placementStrategy ?? service.placementStrategy),
    platformVersion: input.platformVersion ?? service.platformVersion,
    networkConfiguration: networkWithDefaults(input.networkConfiguration) ?? service.networkConfiguration,
    healthCheckGracePeriodSeconds: input.healthCheckGracePeriodSeconds ?? service.healthCheckGracePeriodSeconds,
    enableECSManagedTags: input.enableECSManagedTags ?? service.enableECSManagedTags,
    propagateTags: input.propagateTags ?? service.propagateTags,
    availabilityZoneRebalancing: input.availabilityZoneRebalancing ?? service.availabilityZoneRebalancing,
    blocked: undefined,
    rebalancing: undefined,
    steadyAt: undefined,
  };
  rebalancingOf(updated.availabilityZoneRebalancing, updated);
  validateService(updated, cluster, definition);
  return updated;
};

/** The members whose change makes a new revision. */
export const revisionSettings = ({
  taskDefinition,
  launchType,
  capacityProviderStrategy,
  platformVersion,
  networkConfiguration,
}: RevisionSettings): RevisionSettings => ({
  taskDefinition,
  launchType,
  capacityProviderStrategy,
  platformVersion,
  networkConfiguration,
});

/** Whether a service is what another request for the same name asks for: then creating it again changes nothing. */
export const isSameCreation = (existing: ServiceRecord, asked: ServiceRecord): boolean => {
  const comparable = (service: ServiceRecord): string => {
    const {
      createdAt: _at,
      createdBy: _by,
      clientToken: _token,
      turn: _turn,
      blocked: _b,
      rebalancing: _r,
      steadyAt: _s,
      ...rest
    } = service;
    const { desiredCount, ...others } = rest;
    const isDaemon = service.schedulingStrategy === 'DAEMON';
    const members = Object.entries({ ...others, desiredCount: isDaemon ? 0 : desiredCount });
    return JSON.stringify(
      members.filter(([, value]) => value !== undefined).toSorted(([left], [right]) => (left < right ? -1 : 1)),
    );
  };
  return comparable(existing) === comparable(asked);
};
