/** Makes the records of a new revision and of the service deployment that leads to it. Pure. */
import type {
  ServiceDeploymentRecord,
  ServiceKey,
  ServiceRecord,
  ServiceRevisionRecord,
} from '../../service-records.ts';
import { revisionSettings } from '../service/new-service.ts';
import { deploymentIdOf } from '../service/service-task.ts';
import { failureThreshold } from './failures.ts';

/** The decimal id of a revision from 32 hexadecimal digits. */
export const revisionIdFrom = (id: string): string => String(10n ** 18n + BigInt(`0x${id.slice(-14)}`));

export const inProgress = (revisionId: string): string => `ECS deployment ${deploymentIdOf(revisionId)} in progress.`;
export const completed = (revisionId: string): string => `ECS deployment ${deploymentIdOf(revisionId)} completed.`;

const keyOf = ({ account, region, clusterName, serviceName }: ServiceKey): ServiceKey => ({
  account,
  region,
  clusterName,
  serviceName,
});

/** What makes ids and the time. */
export interface RevisionFacts {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly newId: () => string;
}

/** The revision of a service as it is now, PRIMARY and in progress. */
export const newRevision = (service: ServiceRecord, { now, newId }: RevisionFacts): ServiceRevisionRecord => {
  const revisionId = revisionIdFrom(newId());
  return {
    ...keyOf(service),
    ...revisionSettings(service),
    revisionId,
    createdAt: now,
    updatedAt: now,
    status: 'PRIMARY',
    rolloutState: 'IN_PROGRESS',
    rolloutStateReason: inProgress(revisionId),
    failedTasks: 0,
    countedTasks: [],
  };
};

/** The service deployment from the revisions that have tasks to the new one. */
export const newServiceDeployment = (
  service: ServiceRecord,
  target: ServiceRevisionRecord,
  sources: readonly ServiceRevisionRecord[],
  { now, newId }: RevisionFacts,
  alarms?: ServiceDeploymentRecord['alarms'],
): ServiceDeploymentRecord => ({
  ...keyOf(service),
  serviceDeploymentId: newId(),
  createdAt: now,
  startedAt: now,
  updatedAt: now,
  status: 'IN_PROGRESS',
  targetRevisionId: target.revisionId,
  sourceRevisionIds: sources.map(({ revisionId }) => revisionId),
  deploymentConfiguration: service.deploymentConfiguration,
  circuitBreaker: {
    status: service.deploymentConfiguration.deploymentCircuitBreaker.enable ? 'MONITORING' : 'DISABLED',
    failureCount: 0,
    threshold: failureThreshold(service.deploymentConfiguration.deploymentCircuitBreaker, service.desiredCount),
  },
  ...(alarms === undefined ? {} : { alarms }),
});
