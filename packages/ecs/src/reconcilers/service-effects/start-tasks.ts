/**
 * Starts tasks of a service on the way that RunTask goes: a placement decision, then one transaction that
 * writes the tasks, the event and the service's next turn. Of two schedulers that decided on the same state the
 * second finds another turn and starts nothing.
 */
import { AwsError, type ecs } from '@oreno/aws-wire';
import type { ReadTransaction, WriteTransaction } from '@oreno/store';
import type { StartTasks } from '../../domain/deployment/snapshot.ts';
import type { PlacementRequest } from '../../domain/placement/placement.ts';
import {
  startedInZone,
  startedTasks,
  subjectOf,
  unableToLaunch,
  unableToPlace,
  unableToPlaceInZone,
} from '../../domain/service/events.ts';
import { deploymentIdOf, groupOf } from '../../domain/service/service-task.ts';
import { serviceTaskTags } from '../../domain/service/task-tags.ts';
import { taskDefinitionReference } from '../../domain/task-definition/reference.ts';
import { boundTo, capacityOf, shareTasks, type Capacity } from '../../domain/task/launch-type.ts';
import type { TaskTemplate } from '../../domain/task/new-task.ts';
import { placementConstraints, placementStrategy } from '../../domain/task/placement-rules.ts';
import { taskResources } from '../../domain/task/resources.ts';
import { launchTasks, mostWaiting, type LaunchShare } from '../../operations/launch-tasks.ts';
import { countWaiting, scalingProviders } from '../../queries/capacity-providers.ts';
import { requireCluster } from '../../queries/clusters.ts';
import { appendEvents, findService, tasksOfService } from '../../queries/services.ts';
import { findTaskDefinition } from '../../queries/task-definitions.ts';
import type { ClusterRecord, TaskDefinitionRecord } from '../../records.ts';
import { serviceRevisions, services } from '../../service-records.ts';
import type { ServiceRecord, ServiceRevisionRecord } from '../../service-records.ts';
import { type EffectOptions, stillWanted } from './effect-options.ts';

/** The state changed under the decision: nothing is to be done, and the change has activated the loop again. */
class Overtaken extends Error {}

/** Over zones, and then over instances: what ECS does for services that name no strategy. */
const defaultStrategy = [
  { type: 'spread', field: 'attribute:ecs.availability-zone' },
  { type: 'spread', field: 'instanceId' },
] as const;

export const startTasks = async (options: EffectOptions, step: StartTasks): Promise<void> => {
  try {
    await launch(options, step);
  } catch (error) {
    if (error instanceof Overtaken) return;
    if (!(error instanceof AwsError)) throw error;
    const block = step.zone === undefined ? blockService : blockZone;
    await block(options, step, unableToLaunch(step.service.serviceName, error.message));
  }
};

/** What is launched, and how many of it run on which capacity. */
interface Plan {
  readonly cluster: ClusterRecord;
  readonly definition: TaskDefinitionRecord;
  readonly shares: readonly { readonly capacity: Capacity; readonly count: number; readonly mayWait: number }[];
}

const launch = async (options: EffectOptions, step: StartTasks): Promise<void> => {
  const { cluster, definition, shares } = await planLaunch(options, step);
  let targets = step.targets;
  const launches = shares.map(({ capacity, count, mayWait }): LaunchShare => {
    const template = templateOf(options, step, cluster, definition, capacity);
    const request = requestOf(options, step, template, count, targets?.slice(0, count));
    targets = targets?.slice(count);
    return { template, request, mayWait };
  });
  const { failures, hasInstances } = await launchTasks(options, cluster, launches, (transaction, taskIds) =>
    takeTurn(transaction, options, step, taskIds),
  );
  if (failures.length === 0 && hasInstances) return;
  const { serviceName } = step.service;
  if (step.zone !== undefined) return blockZone(options, step, unableToPlaceInZone(serviceName, step.zone));
  const isBound = launches.some(({ request }) => request.capacityProvider !== undefined);
  const place = hasInstances ? undefined : isBound ? 'capacity provider' : 'cluster';
  await blockService(options, step, unableToPlace(serviceName, failures, place));
};

const planLaunch = (
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
  now: now(),
  newId,
});

const requestOf = (
  { newId }: EffectOptions,
  { service, zone }: StartTasks,
  { resources, group, definition, capacity }: TaskTemplate,
  count: number,
  targets: StartTasks['targets'],
): PlacementRequest => ({
  account: service.account,
  region: service.region,
  clusterName: service.clusterName,
  taskIds: Array.from({ length: count }, newId),
  resources,
  group,
  requiresAttributes: definition.definition.requiresAttributes ?? [],
  constraints: [
    ...placementConstraints(service.placementConstraints, definition.definition),
    ...(zone === undefined ? [] : [inZone(zone)]),
  ],
  capacityProvider: boundTo(capacity),
  strategy: service.placementStrategy.length > 0 ? placementStrategy(service.placementStrategy) : defaultStrategy,
  targets,
});

const inZone = (zone: string): ecs.PlacementConstraint => ({
  type: 'memberOf',
  expression: `attribute:ecs.availability-zone == '${zone}'`,
});

/** In the transaction that writes the tasks: refuses what was overtaken, and tells of what starts. */
const takeTurn = async (
  transaction: WriteTransaction,
  options: EffectOptions,
  { service, revision, replacingUnhealthy, zone }: StartTasks,
  taskIds: readonly string[],
): Promise<void> => {
  const current = await stillWanted(transaction, service);
  const found = (await transaction.get(serviceRevisions, revision))?.record;
  if (current?.turn !== service.turn || found?.status !== revision.status) throw new Overtaken();
  if (found.taskSet?.scale !== revision.taskSet?.scale) throw new Overtaken();
  const rebalancing = zone === undefined ? current.rebalancing : {};
  const turn = current.turn + 1;
  const next: ServiceRecord = { ...current, turn, rebalancing, blocked: undefined, steadyAt: undefined };
  await transaction.put(services, next);
  const replaced = Math.min(replacingUnhealthy, taskIds.length);
  const subject = subjectOf(service, revision);
  const message = zone === undefined ? startedTasks(subject, taskIds, replaced) : startedInZone(subject, taskIds, zone);
  await appendEvents(transaction, service, [message], { now: options.now(), newId: options.newId });
  options.watch.learn(service, taskIds);
};

/** Remembers that there is no room, so that the next attempt waits, and says so once for each reason. */
const blockService = ({ store, now, newId }: EffectOptions, step: StartTasks, message: string): Promise<void> =>
  store.update(async (transaction) => {
    const current = (await findService(transaction, step.service))?.record;
    if (current?.status !== 'ACTIVE') return;
    const at = now();
    const blocked = { at, message, instancesSeen: step.instancesSeen };
    const next: ServiceRecord = { ...current, blocked, steadyAt: undefined };
    await transaction.put(services, next);
    if (current.blocked?.message === message || step.service.blocked?.message === message) return;
    await appendEvents(transaction, step.service, [message], { now: at, newId });
  });

/** The same for a zone that is to get tasks: the service has all that it wants, and goes on. */
const blockZone = ({ store, now, newId }: EffectOptions, step: StartTasks, message: string): Promise<void> =>
  store.update(async (transaction) => {
    const current = (await findService(transaction, step.service))?.record;
    if (current?.status !== 'ACTIVE' || current.rebalancing === undefined) return;
    const at = now();
    const blocked = { at, message, instancesSeen: step.instancesSeen };
    const next: ServiceRecord = { ...current, rebalancing: { blocked } };
    await transaction.put(services, next);
    if (step.service.rebalancing?.blocked?.message === message) return;
    await appendEvents(transaction, step.service, [message], { now: at, newId });
  });
