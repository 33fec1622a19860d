/**
 * What the service scheduler tells its user, in ECS's words.
 * AWS documentation: "Amazon ECS service event messages".
 */
import type { ServiceRevisionRecord } from '../../service-records.ts';
import type { ZoneCount } from '../deployment/snapshot.ts';
import type { PlacementFailure } from '../placement/placement.ts';
import { deploymentIdOf } from './service-task.ts';

/** Whom an event is about: the service, or one of its task sets. */
export const subjectOf = (
  { serviceName }: { readonly serviceName: string },
  { taskSet, revisionId }: Pick<ServiceRevisionRecord, 'taskSet' | 'revisionId'>,
): string => (taskSet === undefined ? serviceName : `${serviceName}, taskSet ${deploymentIdOf(revisionId)}`);

/** More ids than a reader goes through. */
const mostIds = 10;

const list = (taskIds: readonly string[]): string =>
  taskIds
    .slice(0, mostIds)
    .map((taskId) => `(task ${taskId})`)
    .join(' ') + (taskIds.length > mostIds ? ' …' : '');

export const startedTasks = (serviceName: string, taskIds: readonly string[], replacingUnhealthy: number): string => {
  const replaced = `Amazon ECS replaced ${replacingUnhealthy} tasks due to an unhealthy status.`;
  const started = `(service ${serviceName}) has started ${taskIds.length} tasks: ${list(taskIds)}.`;
  return replacingUnhealthy > 0 ? `${started} ${replaced}` : started;
};

export const stoppedTasks = (serviceName: string, taskIds: readonly string[]): string =>
  `(service ${serviceName}) has stopped ${taskIds.length} running tasks: ${list(taskIds)}.`;

const inZones = (counts: readonly ZoneCount[]): string =>
  counts.map(({ zone, tasks }) => `${tasks} tasks in ${zone}`).join(', ');

export const zonesUnbalanced = (serviceName: string, counts: readonly ZoneCount[]): string =>
  `(service ${serviceName}) is not AZ balanced with ${inZones(counts)}. AZ Rebalancing in progress.`;

export const zonesBalanced = (serviceName: string, counts: readonly ZoneCount[]): string =>
  `(service ${serviceName}) is AZ balanced with ${inZones(counts)}.`;

export const startedInZone = (serviceName: string, taskIds: readonly string[], zone: string): string =>
  `(service ${serviceName}) has started ${taskIds.length} tasks in ${zone} to AZ Rebalance: ${list(taskIds)}.`;

export const stoppedInZone = (serviceName: string, taskIds: readonly string[], zone: string): string =>
  `(service ${serviceName}) has stopped ${taskIds.length} running tasks in ${zone} due to AZ rebalancing: ${list(taskIds)}.`;

export const unableToPlaceInZone = (serviceName: string, zone: string): string =>
  `(service ${serviceName}) is unable to place a task in ${zone} because no container instance met all of its requirements.`;

export const failedHealthCheck = (serviceName: string, taskId: string): string =>
  `(service ${serviceName}) (task ${taskId}) failed container health checks.`;

export const reachedSteadyState = (serviceName: string): string =>
  `(service ${serviceName}) has reached a steady state.`;

export const deploymentCompleted = (serviceName: string, revisionId: string): string =>
  `(service ${serviceName}) (deployment ${deploymentIdOf(revisionId)}) deployment completed.`;

export const deploymentFailed = (serviceName: string, revisionId: string, why: string): string =>
  `(service ${serviceName}) (deployment ${deploymentIdOf(revisionId)}) deployment failed: ${why}.`;

export const rollingBack = (serviceName: string, revisionId: string): string =>
  `(service ${serviceName}) rolling back to deployment ${deploymentIdOf(revisionId)}.`;

const more = 'For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.';

export const unableToStartConsistently = (serviceName: string): string =>
  `(service ${serviceName}) is unable to consistently start tasks successfully. ${more}`;

export const unableToMove = (serviceName: string): string =>
  `(service ${serviceName}) was unable to stop or start tasks during a deployment because of the service deployment ` +
  'configuration. Update the minimumHealthyPercent or maximumPercent value and try again.';

/** What a refusal means, behind "The closest matching (container-instance …)". */
const refusals: Readonly<Record<string, string>> = {
  'RESOURCE:CPU': 'has insufficient CPU units available',
  'RESOURCE:MEMORY': 'has insufficient memory available',
  'RESOURCE:PORTS': 'is already using a port required by your task',
  'RESOURCE:GPU': 'has insufficient GPU resource available',
  ATTRIBUTE: 'is missing an attribute required by your task',
  AGENT: 'encountered error "AGENT"',
  'MemberOf placement constraint unsatisfied.': 'encountered error "MemberOf placement constraint unsatisfied."',
  'DistinctInstance placement constraint unsatisfied.':
    'encountered error "DistinctInstance placement constraint unsatisfied."',
};

/** Of several refusals the one of the instance that came closest: the later in the pipeline of filters, the closer. */
const closeness = ['AGENT', 'ATTRIBUTE', 'MemberOf placement constraint unsatisfied.'];

const closest = (failures: readonly PlacementFailure[]): PlacementFailure | undefined =>
  failures.toSorted((left, right) => closenessOf(right) - closenessOf(left))[0];

const closenessOf = ({ reason }: PlacementFailure): number => {
  const index = closeness.indexOf(reason);
  return index < 0 ? closeness.length : index;
};

/** No room for a task: why, by the instance that came closest. */
export const unableToPlace = (
  serviceName: string,
  failures: readonly PlacementFailure[],
  /** Where there was no instance at all to ask. */
  emptyPlace?: 'cluster' | 'capacity provider',
): string => {
  const start = `(service ${serviceName}) was unable to place a task because no container instance met all of its requirements.`;
  const best = closest(failures);
  if (emptyPlace !== undefined || best === undefined) {
    return `${start} Reason: No Container Instances were found in your ${emptyPlace ?? 'cluster'}. ${more}`;
  }
  const instance = best.arn?.split('/').at(-1) ?? '';
  const refusal = refusals[best.reason] ?? `encountered error "${best.reason}"`;
  return `${start} The closest matching (container-instance ${instance}) ${refusal}. ${more}`;
};

/** A task could not be launched for a reason that is not the instances'. */
export const unableToLaunch = (serviceName: string, reason: string): string =>
  `(service ${serviceName}) was unable to place a task. Reason: ${reason}`;
