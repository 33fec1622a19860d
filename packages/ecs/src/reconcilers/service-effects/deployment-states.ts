/** Writes what becomes of deployments: counted failures, completion, failure with or without going back. */
import type { ecs } from '@oreno/aws-wire';
import type { WriteTransaction } from '@oreno/store';
import { watchEnded } from '../../domain/deployment/alarms.ts';
import { completed } from '../../domain/deployment/revisions.ts';
import type {
  CompleteDeployment,
  FailDeployment,
  NoteFailures,
  RetireRevision,
  StartBaking,
} from '../../domain/deployment/snapshot.ts';
import {
  deploymentCompleted,
  deploymentFailed,
  rollingBack,
  unableToStartConsistently,
} from '../../domain/service/events.ts';
import { revisionSettings } from '../../domain/service/new-service.ts';
import { deploymentIdOf } from '../../domain/service/service-task.ts';
import { appendEvents, currentDeployment } from '../../queries/services.ts';
import { serviceDeployments, serviceRevisions, services } from '../../service-records.ts';
import type { ServiceDeploymentRecord, ServiceRecord, ServiceRevisionRecord } from '../../service-records.ts';
import { type EffectOptions, stillWanted } from './effect-options.ts';

/** The revision, while it still is the PRIMARY one, or a task set, in the rollout state that was decided on. */
const stillPrimary = async (
  transaction: WriteTransaction,
  decided: ServiceRevisionRecord,
): Promise<ServiceRevisionRecord | undefined> => {
  const record = (await transaction.get(serviceRevisions, decided))?.record;
  const isWanted = record?.status === 'PRIMARY' || (record?.taskSet !== undefined && record.status === decided.status);
  return isWanted && record.rolloutState === decided.rolloutState ? record : undefined;
};

export const noteFailures = ({ store, now, newId }: EffectOptions, step: NoteFailures): Promise<void> =>
  store.update(async (transaction) => {
    const record = await stillPrimary(transaction, step.revision);
    if (record === undefined) return;
    const { failedTasks, countedTasks, lastFailureAt, tellUser, service } = step;
    const next: ServiceRevisionRecord = {
      ...record,
      failedTasks,
      countedTasks,
      lastFailureAt,
      // Once for each series of failures.
      toldOfFailures: failedTasks > 0 && (tellUser || record.toldOfFailures === true) ? true : undefined,
    };
    await transaction.put(serviceRevisions, next);
    const at = now();
    if (tellUser) {
      await appendEvents(transaction, service, [unableToStartConsistently(service.serviceName)], { now: at, newId });
    }
    const deployment = await currentDeployment(transaction, service);
    if (deployment === undefined || deployment.circuitBreaker.failureCount === failedTasks) return;
    const circuitBreaker = { ...deployment.circuitBreaker, failureCount: failedTasks };
    await transaction.put(serviceDeployments, { ...deployment, circuitBreaker, updatedAt: at });
  });

export const completeDeployment = ({ store, now, newId }: EffectOptions, step: CompleteDeployment): Promise<void> =>
  store.update(async (transaction) => {
    const { service, revision } = step;
    const record = await stillPrimary(transaction, revision);
    if (record === undefined || (await stillWanted(transaction, service)) === undefined) return;
    const at = now();
    const next: ServiceRevisionRecord = {
      ...record,
      rolloutState: 'COMPLETED',
      rolloutStateReason: completed(record.revisionId),
      completedAt: at,
      updatedAt: at,
    };
    await transaction.put(serviceRevisions, next);
    const message = deploymentCompleted(service.serviceName, record.revisionId);
    await appendEvents(transaction, service, [message], { now: at, newId });
    const deployment = await currentDeployment(transaction, service);
    if (deployment === undefined) return;
    const { status } = deployment.circuitBreaker;
    await transaction.put(serviceDeployments, {
      ...deployment,
      status: deployment.rollback === undefined ? 'SUCCESSFUL' : 'ROLLBACK_SUCCESSFUL',
      alarms: watchEnded(deployment.alarms),
      finishedAt: at,
      updatedAt: at,
      circuitBreaker: {
        ...deployment.circuitBreaker,
        status: status === 'MONITORING' ? 'MONITORING_COMPLETE' : status,
      },
    });
  });

const causes = {
  alarm: {
    event: 'alarm detected',
    reason: 'ECS deployment alarms: alarm detected.',
    stopped: 'Service deployment stopped because a CloudWatch alarm was in the ALARM state.',
    back: 'Service deployment rolled back because a CloudWatch alarm was in the ALARM state.',
    goingBack: 'ECS deployment alarms: rolling back to deploymentId',
  },
  circuitBreaker: {
    event: 'tasks failed to start',
    reason: 'ECS deployment circuit breaker: tasks failed to start.',
    stopped: 'Service deployment stopped because the circuit breaker threshold was exceeded.',
    back: 'Service deployment rolled back because the circuit breaker threshold was exceeded.',
    goingBack: 'ECS deployment circuit breaker: rolling back to deploymentId',
  },
  stopRequested: {
    event: 'the deployment was stopped by the user',
    reason: 'ECS deployment stopped by the user.',
    stopped: 'Service deployment stopped by the user.',
    back: 'Service deployment rolled back by the user.',
    goingBack: 'ECS deployment stopped by the user: rolling back to deploymentId',
  },
} as const;

type Texts = { readonly [Name in keyof (typeof causes)['alarm']]: string };

const textsOf = ({ cause, stage }: Pick<FailDeployment, 'cause' | 'stage'>): Texts => {
  if (cause !== 'hook') return causes[cause];
  const because = `because ${stage} lifecycle hook(s) failed.`;
  return {
    event: `Service deployment rolled back because ${stage} lifecycle hook(s) failed`,
    reason: `ECS deployment failed ${because}`,
    stopped: `Service deployment stopped ${because}`,
    back: `Service deployment rolled back ${because}`,
    goingBack: 'ECS deployment lifecycle hooks: rolling back to deploymentId',
  };
};

export const failDeployment = ({ store, now, newId }: EffectOptions, step: FailDeployment): Promise<void> =>
  store.update(async (transaction) => {
    const { service, revision, rollbackTo } = step;
    const current = await stillWanted(transaction, service);
    const record = await stillPrimary(transaction, revision);
    if (current === undefined || record === undefined) return;
    const at = now();
    const texts = textsOf(step);
    const failed: ServiceRevisionRecord = {
      ...record,
      status: rollbackTo === undefined ? 'PRIMARY' : 'ACTIVE',
      rolloutState: 'FAILED',
      rolloutStateReason: texts.reason,
      updatedAt: at,
    };
    await transaction.put(serviceRevisions, failed);
    const messages = [deploymentFailed(service.serviceName, record.revisionId, texts.event)];
    if (rollbackTo !== undefined) {
      await goBack(transaction, current, rollbackTo, texts.goingBack, at);
      messages.push(rollingBack(service.serviceName, rollbackTo.revisionId));
    }
    await appendEvents(transaction, service, messages, { now: at, newId });
    const deployment = await currentDeployment(transaction, service);
    if (deployment !== undefined) {
      await transaction.put(serviceDeployments, endOf(deployment, step, at));
    }
  });

/** The older revision is the service's again, and its failures are forgotten. */
const goBack = async (
  transaction: WriteTransaction,
  service: ServiceRecord,
  target: ServiceRevisionRecord,
  reason: string,
  at: number,
): Promise<void> => {
  const current = (await transaction.get(serviceRevisions, target))?.record ?? target;
  const back: ServiceRevisionRecord = {
    ...current,
    status: 'PRIMARY',
    rolloutState: 'IN_PROGRESS',
    rolloutStateReason: `${reason} ${deploymentIdOf(target.revisionId)}.`,
    updatedAt: at,
    failedTasks: 0,
    lastFailureAt: undefined,
    toldOfFailures: undefined,
  };
  await transaction.put(serviceRevisions, back);
  const next: ServiceRecord = { ...service, ...revisionSettings(target), blocked: undefined, steadyAt: undefined };
  await transaction.put(services, next);
};

const endOf = (deployment: ServiceDeploymentRecord, step: FailDeployment, at: number): ServiceDeploymentRecord => {
  const { circuitBreaker, rollback } = deployment;
  const { rollbackTo, cause, triggeredAlarmNames } = step;
  const status: ecs.ServiceDeploymentRollbackMonitorsStatus =
    cause === 'circuitBreaker' ? 'TRIGGERED' : circuitBreaker.status;
  const alarms =
    triggeredAlarmNames === undefined
      ? watchEnded(deployment.alarms)
      : { status: 'TRIGGERED' as const, triggeredAlarmNames };
  const base = { ...deployment, updatedAt: at, alarms, circuitBreaker: { ...circuitBreaker, status } };
  if (rollbackTo !== undefined) {
    const reason = textsOf(step).back;
    const back = { reason, startedAt: at, revisionId: rollbackTo.revisionId };
    return { ...base, status: 'ROLLBACK_IN_PROGRESS', statusReason: reason, rollback: back };
  }
  const isRollback = rollback !== undefined;
  const ended = isRollback ? { status: 'ROLLBACK_FAILED' as const } : { status: 'STOPPED' as const, stoppedAt: at };
  return { ...base, ...ended, finishedAt: at, statusReason: textsOf(step).stopped };
};

export const startBaking = ({ store, now }: EffectOptions, { deployment, since }: StartBaking): Promise<void> =>
  store.update(async (transaction) => {
    const current = await currentDeployment(transaction, deployment);
    if (current?.serviceDeploymentId !== deployment.serviceDeploymentId || current.bakingSince !== undefined) return;
    await transaction.put(serviceDeployments, { ...current, bakingSince: since, updatedAt: now() });
  });

export const retireRevision = ({ store, now }: EffectOptions, { revision }: RetireRevision): Promise<void> =>
  store.update(async (transaction) => {
    const record = (await transaction.get(serviceRevisions, revision))?.record;
    // A task set is gone with its last task; a revision can be looked up as long as its service.
    if (record?.taskSet !== undefined) {
      if (record.status === 'DRAINING') await transaction.delete(serviceRevisions, record);
      return;
    }
    if (record?.status !== 'ACTIVE') return;
    const next: ServiceRevisionRecord = { ...record, status: 'INACTIVE', updatedAt: now() };
    await transaction.put(serviceRevisions, next);
  });
