/**
 * Services, their deployments and revisions as the API shows them. What AWS leaves out where it is not there is
 * left out; what it shows empty is shown empty. Pages: Service, Deployment, ServiceDeployment, ServiceRevision.
 */
import type { ecs } from '@oreno/aws-wire';
import type {
  RevisionSettings,
  ServiceDeploymentRecord,
  ServiceEventRecord,
  ServiceKey,
  ServiceRecord,
  ServiceRevisionRecord,
} from '../../service-records.ts';
import { serviceArn, serviceDeploymentArn, serviceRevisionArn } from './arns.ts';
import { hooksNow } from '../deployment/stages.ts';
import { deploymentIdOf, type TaskFacts } from './service-task.ts';
import { clusterArn } from '../ecs-arn.ts';
import { concreteVersion } from '../task/launch-type.ts';

/** Tasks of one revision. */
export interface TaskCounts {
  readonly running: number;
  readonly pending: number;
}

const none: TaskCounts = { running: 0, pending: 0 };

/** How many wanted tasks there are of each revision, by its deployment's id. */
export const countTasks = (
  tasks: Iterable<Pick<TaskFacts, 'life' | 'revisionId'>>,
): ReadonlyMap<string, TaskCounts> => {
  const counts = new Map<string, { running: number; pending: number }>();
  for (const { life, revisionId } of tasks) {
    if (life !== 'running' && life !== 'starting') continue;
    const count = counts.get(revisionId) ?? { running: 0, pending: 0 };
    counts.set(revisionId, count);
    count[life === 'running' ? 'running' : 'pending'] += 1;
  }
  return new Map([...counts].map(([revisionId, count]) => [deploymentIdOf(revisionId), count]));
};

export const settingsView = ({
  launchType,
  capacityProviderStrategy,
  networkConfiguration,
}: RevisionSettings): Partial<ecs.Deployment> => ({
  ...(capacityProviderStrategy === undefined ? { launchType } : { capacityProviderStrategy }),
  ...(networkConfiguration === undefined ? {} : { networkConfiguration }),
});

/** Whether tasks of these settings count as Fargate's. */
export const isFargate = ({ launchType, capacityProviderStrategy = [] }: RevisionSettings): boolean =>
  launchType === 'FARGATE' ||
  capacityProviderStrategy.some(({ capacityProvider }) => capacityProvider.startsWith('FARGATE'));

const deploymentView = (
  revision: ServiceRevisionRecord,
  service: ServiceRecord,
  { running, pending }: TaskCounts,
): ecs.Deployment => ({
  id: deploymentIdOf(revision.revisionId),
  status: revision.status,
  taskDefinition: revision.taskDefinition,
  desiredCount: revision.status === 'PRIMARY' ? service.desiredCount : running + pending,
  pendingCount: pending,
  runningCount: running,
  failedTasks: revision.failedTasks,
  createdAt: revision.createdAt,
  updatedAt: revision.updatedAt,
  ...settingsView(revision),
  ...(isFargate(revision) ? { platformVersion: concreteVersion(revision), platformFamily: 'Linux' } : {}),
  rolloutState: revision.rolloutState,
  rolloutStateReason: revision.rolloutStateReason,
});

const revisionSummary = (
  service: ServiceKey,
  revisionId: string,
  requestedTaskCount: number,
  counts: ReadonlyMap<string, TaskCounts>,
): ecs.ServiceRevisionSummary => {
  const { running, pending } = counts.get(deploymentIdOf(revisionId)) ?? none;
  const arn = serviceRevisionArn(service, revisionId);
  return { arn, requestedTaskCount, runningTaskCount: running, pendingTaskCount: pending };
};

/** What a service is shown with besides its record. */
export interface ServiceFacts {
  /** Those that are not INACTIVE, in any order. */
  readonly revisions: readonly ServiceRevisionRecord[];
  readonly counts: ReadonlyMap<string, TaskCounts>;
  /** Newest first. */
  readonly events: readonly ServiceEventRecord[];
  /** The newest one, under way or over; undefined for a service of the EXTERNAL deployment controller. */
  readonly deployment?: ServiceDeploymentRecord | undefined;
  /** Of a service whose deployment controller is EXTERNAL. */
  readonly taskSets?: readonly ecs.TaskSet[];
}

const primaryFirst = (revisions: readonly ServiceRevisionRecord[]): readonly ServiceRevisionRecord[] =>
  revisions.toSorted(
    (left, right) =>
      Number(right.status === 'PRIMARY') - Number(left.status === 'PRIMARY') || right.createdAt - left.createdAt,
  );

/** The newest deployment of the service, and the revisions that it has tasks of or is to have. */
const currentView = (
  service: ServiceRecord,
  { revisions, counts, deployment }: ServiceFacts,
): Pick<ecs.Service, 'currentServiceDeployment' | 'currentServiceRevisions'> =>
  deployment === undefined
    ? {}
    : {
        currentServiceDeployment: serviceDeploymentArn(deployment, deployment.serviceDeploymentId),
        currentServiceRevisions: primaryFirst(revisions).map(({ revisionId, status }) =>
          revisionSummary(service, revisionId, status === 'PRIMARY' ? service.desiredCount : 0, counts),
        ),
      };

/** The service; its tags with `withTags`, or where there are any. */
export const serviceView = (service: ServiceRecord, facts: ServiceFacts, withTags: boolean | 'ifAny'): ecs.Service => {
  const { revisions, counts, events, taskSets = [] } = facts;
  const all = [...counts.values()];
  const isGone = service.status === 'INACTIVE';
  return {
    serviceArn: service.serviceArn,
    serviceName: service.serviceName,
    clusterArn: service.clusterArn,
    loadBalancers: [],
    serviceRegistries: [],
    status: service.status,
    desiredCount: service.desiredCount,
    runningCount: all.reduce((sum, { running }) => sum + running, 0),
    pendingCount: all.reduce((sum, { pending }) => sum + pending, 0),
    ...settingsView(service),
    ...(isFargate(service) ? { platformVersion: service.platformVersion ?? 'LATEST', platformFamily: 'Linux' } : {}),
    ...(service.taskDefinition === '' ? {} : { taskDefinition: service.taskDefinition }),
    deploymentConfiguration: service.deploymentConfiguration,
    ...(taskSets.length === 0 ? {} : { taskSets }),
    deployments:
      isGone || service.deploymentController?.type === 'EXTERNAL'
        ? []
        : primaryFirst(revisions).map((revision) =>
            deploymentView(revision, service, counts.get(deploymentIdOf(revision.revisionId)) ?? none),
          ),
    ...(isGone ? {} : currentView(service, facts)),
    events: events.map(({ id, createdAt, message }) => ({ id, createdAt, message })),
    createdAt: service.createdAt,
    placementConstraints: service.placementConstraints,
    placementStrategy: service.placementStrategy,
    ...(service.healthCheckGracePeriodSeconds === undefined
      ? {}
      : { healthCheckGracePeriodSeconds: service.healthCheckGracePeriodSeconds }),
    schedulingStrategy: service.schedulingStrategy,
    ...(service.deploymentController === undefined ? {} : { deploymentController: service.deploymentController }),
    ...(withTags === true || (withTags === 'ifAny' && service.tags.length > 0) ? { tags: service.tags } : {}),
    createdBy: service.createdBy,
    enableECSManagedTags: service.enableECSManagedTags,
    propagateTags: service.propagateTags,
    enableExecuteCommand: false,
    availabilityZoneRebalancing: service.availabilityZoneRebalancing,
  };
};

/** A service deployment in a list. */
export const serviceDeploymentBrief = (record: ServiceDeploymentRecord): ecs.ServiceDeploymentBrief => ({
  serviceDeploymentArn: serviceDeploymentArn(record, record.serviceDeploymentId),
  serviceArn: serviceArn(record, record.clusterName, record.serviceName),
  clusterArn: clusterArn(record, record.clusterName),
  startedAt: record.startedAt,
  createdAt: record.createdAt,
  ...(record.finishedAt === undefined ? {} : { finishedAt: record.finishedAt }),
  targetServiceRevisionArn: serviceRevisionArn(record, record.targetRevisionId),
  status: record.status,
  ...(record.statusReason === undefined ? {} : { statusReason: record.statusReason }),
});

/** Where a BLUE_GREEN deployment is, and the hooks of that stage. */
const stageView = (record: ServiceDeploymentRecord): Partial<ecs.ServiceDeployment> => {
  const { lifecycleStage } = record;
  if (lifecycleStage === undefined) return {};
  const details = hooksNow(record).map(({ hookId, status, expiresAt, timeoutAction }) => ({
    hookId,
    targetType: 'PAUSE' as const,
    status,
    expiresAt,
    timeoutAction,
  }));
  return { lifecycleStage, ...(details.length === 0 ? {} : { lifecycleHookDetails: details }) };
};

/** A service deployment with the tasks that its revisions have now. */
export const serviceDeploymentView = (
  record: ServiceDeploymentRecord,
  desiredCount: number,
  counts: ReadonlyMap<string, TaskCounts>,
): ecs.ServiceDeployment => {
  const summary = (revisionId: string, requestedTaskCount: number): ecs.ServiceRevisionSummary =>
    revisionSummary(record, revisionId, requestedTaskCount, counts);
  const { targetServiceRevisionArn: _, ...brief } = serviceDeploymentBrief(record);
  const { rollback, circuitBreaker, deploymentConfiguration } = record;
  const isBack = rollback !== undefined;
  return {
    ...brief,
    ...(record.stoppedAt === undefined ? {} : { stoppedAt: record.stoppedAt }),
    updatedAt: record.updatedAt,
    sourceServiceRevisions: record.sourceRevisionIds.map((id) => summary(id, isBack ? desiredCount : 0)),
    targetServiceRevision: summary(record.targetRevisionId, isBack ? 0 : desiredCount),
    deploymentConfiguration,
    ...stageView(record),
    ...(rollback === undefined
      ? {}
      : {
          rollback: {
            reason: rollback.reason,
            startedAt: rollback.startedAt,
            serviceRevisionArn: serviceRevisionArn(record, rollback.revisionId),
          },
        }),
    deploymentCircuitBreaker: circuitBreaker,
    ...(deploymentConfiguration.alarms === undefined
      ? {}
      : {
          alarms: {
            status: record.alarms?.status ?? 'DISABLED',
            alarmNames: deploymentConfiguration.alarms.alarmNames,
            triggeredAlarmNames: record.alarms?.triggeredAlarmNames ?? [],
          },
        }),
  };
};

/** A service revision with its containers' images, as the task definition names them. */
export const serviceRevisionView = (
  record: ServiceRevisionRecord,
  containerImages: readonly ecs.ContainerImage[],
): ecs.ServiceRevision => ({
  serviceRevisionArn: serviceRevisionArn(record, record.revisionId),
  serviceArn: serviceArn(record, record.clusterName, record.serviceName),
  clusterArn: clusterArn(record, record.clusterName),
  taskDefinition: record.taskDefinition,
  ...settingsView(record),
  ...(isFargate(record) ? { platformVersion: concreteVersion(record), platformFamily: 'Linux' } : {}),
  containerImages,
  guardDutyEnabled: false,
  createdAt: record.createdAt,
});
