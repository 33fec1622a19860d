/** Reads all that the service scheduler decides on, in one transaction. */
import type { ReadTransaction, SnapshotTransaction } from '@oreno/store';
import type { AlarmSource } from '../deployment-alarms.ts';
import { watchedNames } from '../domain/deployment/alarms.ts';
import type { DaemonInstance, DrainingInstance, ServiceSnapshot } from '../domain/deployment/snapshot.ts';
import { createFilters } from '../domain/placement/filters.ts';
import { createInstanceState } from '../domain/placement/instance-state.ts';
import type { Placement } from '../domain/placement/placement.ts';
import { groupOf } from '../domain/service/service-task.ts';
import { taskDefinitionReference } from '../domain/task-definition/reference.ts';
import { taskResources } from '../domain/task/resources.ts';
import { liveTasksOn } from '../queries/container-instances.ts';
import { currentDeployment, findService, lastCompletedRevision, liveRevisions } from '../queries/services.ts';
import { findTaskDefinition } from '../queries/task-definitions.ts';
import { containerInstances } from '../records.ts';
import type { ContainerInstanceRecord } from '../records.ts';
import { taskProtections } from '../service-records.ts';
import type { ServiceKey, ServiceRecord } from '../service-records.ts';
import { readPlaces } from './read-places.ts';
import { zonesFor } from './read-zones.ts';
import type { ServiceTasks } from './service-tasks.ts';
import type { ServiceWatch } from './service-watch.ts';

/** What is kept between looks. */
export interface ServiceSources {
  readonly watch: ServiceWatch;
  readonly tasks: ServiceTasks;
  readonly placement: Pick<Placement, 'usageSoFar' | 'zonesSoFar'>;
  readonly alarms: AlarmSource;
}

/** The snapshot of a service; undefined when it is not there. */
export const readService = async (
  transaction: SnapshotTransaction,
  key: ServiceKey,
  { watch, tasks, placement, alarms }: ServiceSources,
): Promise<ServiceSnapshot | undefined> => {
  // Before the rows: a change that comes in between is seen as news once more, and never missed.
  const instancesSeen = watch.instancesSeen(key);
  const service = (await findService(transaction, key))?.record;
  if (service === undefined) return undefined;
  const nothing = { revisions: [], alarms: [], tasks: [], draining: [], daemonInstances: [], zones: [] };
  if (service.status === 'INACTIVE') return { service, instancesSeen, ...nothing };
  const kept = await tasks.of(transaction, service);
  watch.learn(service, kept.keys());
  const facts = [...kept.values()];
  const revisions = await liveRevisions(transaction, service);
  const isRolling = revisions.some(
    ({ status, rolloutState }) => status === 'PRIMARY' && rolloutState === 'IN_PROGRESS',
  );
  const deployment = await currentDeployment(transaction, service);
  const alarmNames = watchedNames(deployment);
  watch.followAlarms(service, alarmNames);
  const protections = await protectionsIn(transaction, service);
  const placesOf = await readPlaces(transaction, service, facts, placement);
  return {
    service,
    revisions,
    lastCompleted: isRolling ? await lastCompletedRevision(transaction, service) : undefined,
    deployment,
    alarms: alarmNames.length === 0 ? [] : await alarms.standingOf(transaction, service, alarmNames),
    tasks: facts.map((task) => ({
      ...task,
      ...placesOf(task),
      protectedUntil: protections.get(task.taskId),
    })),
    draining: await drainingInstances(transaction, service),
    daemonInstances: service.schedulingStrategy === 'DAEMON' ? await daemonInstances(transaction, service) : [],
    zones: isRolling ? [] : await zonesFor(transaction, service, placement),
    instancesSeen,
  };
};

const protectionsIn = async (
  transaction: ReadTransaction,
  { account, region, clusterName }: ServiceKey,
): Promise<ReadonlyMap<string, number>> => {
  const rows = await transaction.list(taskProtections, { where: { account, region, clusterName } });
  return new Map(rows.map(({ record }) => [record.taskId, record.expiresAt]));
};

const instancesIn = async (
  transaction: ReadTransaction,
  { account, region, clusterName }: ServiceKey,
  status: ContainerInstanceRecord['status'],
): Promise<readonly ContainerInstanceRecord[]> => {
  const where = { account, region, clusterName, status };
  const rows = await transaction.list(containerInstances, { index: 'byStatus', where });
  return rows.map(({ record }) => record);
};

const drainingInstances = async (
  transaction: ReadTransaction,
  service: ServiceRecord,
): Promise<readonly DrainingInstance[]> => {
  const own = groupOf(service.serviceName);
  const draining: DrainingInstance[] = [];
  for (const instance of await instancesIn(transaction, service, 'DRAINING')) {
    const live = service.schedulingStrategy === 'DAEMON' ? await liveTasksOn(transaction, instance) : [];
    const hasOtherTasks = live.some(({ record }) => record.group !== own && record.group.startsWith('service:'));
    draining.push({ containerInstanceId: instance.containerInstanceId, hasOtherTasks });
  }
  return draining;
};

/** The ACTIVE instances that have what the task asks for, whatever room is left on them. */
const daemonInstances = async (
  transaction: ReadTransaction,
  service: ServiceRecord,
): Promise<readonly DaemonInstance[]> => {
  const row = await findTaskDefinition(transaction, service, taskDefinitionReference(service.taskDefinition, service));
  const definition = row?.record.definition ?? {};
  const { lasting } = createFilters({
    resources: taskResources(definition, {}),
    group: groupOf(service.serviceName),
    requiresAttributes: definition.requiresAttributes ?? [],
    constraints: [...service.placementConstraints, ...(definition.placementConstraints ?? [])],
  });
  const instances = await instancesIn(transaction, service, 'ACTIVE');
  // A disconnected agent does not end an instance's being one of them.
  return instances.filter((record) => {
    const state = createInstanceState({ ...record, agentConnected: true });
    return lasting.every((filter) => filter(state) === undefined);
  });
};
