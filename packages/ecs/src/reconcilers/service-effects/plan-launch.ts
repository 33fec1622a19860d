/**
 * Makes the launches that a step of the service scheduler asks for: how many tasks on which capacity, and where
 * each may go.
 */
import { AwsError, type ecs } from '@oreno/aws-wire';
import type { ReadTransaction } from '@oreno/store';
import type { StartTasks } from '../../domain/deployment/snapshot.ts';
import type { PlacementRequest } from '../../domain/placement/placement.ts';
import { deploymentIdOf, groupOf } from '../../domain/service/service-task.ts';
import { serviceTaskTags } from '../../domain/service/task-tags.ts';
import { taskDefinitionReference } from '../../domain/task-definition/reference.ts';
import { boundTo, capacityOf, shareTasks, type Capacity } from '../../domain/task/launch-type.ts';
import type { TaskTemplate } from '../../domain/task/new-task.ts';
import { placementConstraints, placementStrategy, serviceStrategy } from '../../domain/task/placement-rules.ts';
import { taskIdFrom } from '../../domain/task/task-id.ts';
import { taskResources } from '../../domain/task/resources.ts';
import { mostWaiting, type LaunchShare } from '../../operations/launch-tasks.ts';
import { countWaiting, scalingProviders } from '../../queries/capacity-providers.ts';
import { requireCluster } from '../../queries/clusters.ts';
import { tasksOfService } from '../../queries/services.ts';
import { findTaskDefinition } from '../../queries/task-definitions.ts';
import type { ClusterRecord, TaskDefinitionRecord } from '../../records.ts';
import type { ServiceRecord, ServiceRevisionRecord } from '../../service-records.ts';
import type { EffectOptions } from './effect-options.ts';

export interface PlannedLaunch {
  readonly cluster: ClusterRecord;
  readonly launches: readonly LaunchShare[];
}

/** Reads what the step needs; throws AwsError where its tasks can no longer be launched as the service is. */
export const planLaunch = async (options: EffectOptions, step: StartTasks): Promise<PlannedLaunch> => {
  const { cluster, definition, shares } = await planShares(options, step);
  let targets = step.targets;
  const launches = shares.map(({ capacity, count, mayWait }): LaunchShare => {
    const template = templateOf(options, step, cluster, definition, capacity);
    const request = requestOf(options, step, template, count, targets?.slice(0, count));
    targets = targets?.slice(count);
    return { template, request, mayWait };
  });
  return { cluster, launches };
};

/** What is launched, and how many of it run on which capacity. */
interface Plan {
  readonly cluster: ClusterRecord;
  readonly definition: TaskDefinitionRecord;
  readonly shares: readonly { readonly capacity: Capacity; readonly count: number; readonly mayWait: number }[];
}

const planShares = (
  { store }: EffectOptions,
  { service, revision, count, zone, capacityProvider }: StartTasks,
): Promise<Plan> =>
  store.read(async (transaction) => {
    const { record: cluster } = await requireCluster(transaction, service, service.clusterName);
    const reference = taskDefinitionReference(revision.taskDefinition, service);
    const definition = (await findTaskDefinition(transaction, service, reference))?.record;
    if (definition === undefined) throw new AwsError('ClientException', 'TaskDefinition not found.');
    const { launchType, capacityProviderStrategy = [], platformVersion } = revision;
    const { placementConstraints: constraints, placementStrategy: strategy } = service;
    const rules = { platformVersion, placementConstraints: constraints, placementStrategy: strategy };
    const asked = capacityProviderStrategy.length > 0 ? { capacityProviderStrategy } : { launchType };
    const whole = capacityOf({ ...asked, ...rules }, cluster, definition.definition);
    const choice = capacityProvider === undefined ? whole : { ...whole, strategy: [{ capacityProvider }] };
    const used = choice.strategy.length > 1 ? await providersInUse(transaction, service, revision) : [];
    const scaling = await scalingProviders(transaction, cluster);
    // What the cluster's quota leaves; the rest is told of and tried again. A machine may come up in any zone.
    let room = zone === undefined && scaling.size > 0 ? mostWaiting - (await countWaiting(transaction, cluster)) : 0;
    const shares = shareTasks(choice, used, count).map((share) => {
      const mayWait = scaling.has(share.capacity.capacityProviderName ?? '')
        ? Math.max(0, Math.min(share.count, room))
        : 0;
      room -= mayWait;
      return { ...share, mayWait };
    });
    return { cluster, definition, shares };
  });

/** The capacity providers of the revision's wanted tasks, one name for each: an older revision's do not count. */
const providersInUse = async (
  transaction: ReadTransaction,
  service: ServiceRecord,
  { revisionId }: ServiceRevisionRecord,
): Promise<readonly string[]> => {
  const records = await tasksOfService(transaction, service);
  const wanted = records.filter(
    ({ desiredStatus, startedBy }) => desiredStatus === 'RUNNING' && startedBy === deploymentIdOf(revisionId),
  );
  return wanted.map(({ capacityProviderName = '' }) => capacityProviderName);
};

const templateOf = (
  { now, newId }: EffectOptions,
  { service, revision }: StartTasks,
  cluster: ClusterRecord,
  definition: TaskDefinitionRecord,
  capacity: Capacity,
): TaskTemplate => ({
  cluster,
  definition,
  capacity,
  overrides: {},
  resources: taskResources(definition.definition, {}),
  group: groupOf(service.serviceName),
  startedBy: deploymentIdOf(revision.revisionId),
  tags: serviceTaskTags(service, definition),
  network: revision.networkConfiguration?.awsvpcConfiguration,
  imageDigests: revision.imageDigests,
  now: now(),
  newId,
});

const requestOf = (
  { now, newId }: EffectOptions,
  { service, zone }: StartTasks,
  { resources, group, definition, capacity }: TaskTemplate,
  count: number,
  targets: StartTasks['targets'],
): PlacementRequest => ({
  account: service.account,
  region: service.region,
  clusterName: service.clusterName,
  taskIds: Array.from({ length: count }, () => taskIdFrom(now(), newId())),
  resources,
  group,
  requiresAttributes: definition.definition.requiresAttributes ?? [],
  constraints: [
    ...placementConstraints(service.placementConstraints, definition.definition),
    ...(zone === undefined ? [] : [inZone(zone)]),
  ],
  capacityProvider: boundTo(capacity),
  strategy: service.placementStrategy.length > 0 ? placementStrategy(service.placementStrategy) : serviceStrategy,
  targets,
});

const inZone = (zone: string): ecs.PlacementConstraint => ({
  type: 'memberOf',
  expression: `attribute:ecs.availability-zone == '${zone}'`,
});
