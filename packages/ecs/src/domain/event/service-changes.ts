/**
 * Decides which events a written service or one of its revisions is. Page: "Amazon ECS service action events" and
 * "Amazon ECS service deployment state change events" in the ECS developer guide. A changed desired count is
 * an event where the scheduler changed it (DAEMON), as there; not where the caller did.
 */
import type { EventDraft } from '@oreno/events';
import type { ServiceRecord, ServiceRevisionRecord } from '../../service-records.ts';
import { clusterArn } from '../ecs-arn.ts';
import { serviceArn } from '../service/arns.ts';
import type { RowChange } from './state-changes.ts';

type EventType = 'INFO' | 'WARN' | 'ERROR';

type Action = readonly [EventType, string, object?];

const actionsOf = ({ before, after }: RowChange<ServiceRecord>): readonly Action[] => {
  const actions: Action[] = [];
  const isDaemon = after.schedulingStrategy === 'DAEMON';
  if (isDaemon && before !== undefined && before.desiredCount !== after.desiredCount) {
    actions.push(['INFO', 'SERVICE_DESIRED_COUNT_UPDATED', { desiredCount: after.desiredCount }]);
  }
  if (after.blocked !== undefined && after.blocked.message !== before?.blocked?.message) {
    actions.push(['ERROR', 'SERVICE_TASK_PLACEMENT_FAILURE', { reason: after.blocked.message }]);
  }
  if (after.steadyAt !== undefined && after.steadyAt !== before?.steadyAt) {
    actions.push(['INFO', 'SERVICE_STEADY_STATE']);
  }
  return actions;
};

const serviceAction = (service: ServiceRecord, [eventType, eventName, more]: Action, now: number): EventDraft => ({
  source: 'aws.ecs',
  detailType: 'ECS Service Action',
  scope: service,
  resources: [service.serviceArn],
  detail: { eventType, eventName, clusterArn: service.clusterArn, createdAt: now, ...more },
});

/** "ECS Service Action": the steady state, tasks without room, a daemon's count. */
export const serviceActions = (change: RowChange<ServiceRecord>): readonly EventDraft[] =>
  actionsOf(change).map((action) => serviceAction(change.after, action, change.now));

const rollout = {
  IN_PROGRESS: ['INFO', 'SERVICE_DEPLOYMENT_IN_PROGRESS'],
  COMPLETED: ['INFO', 'SERVICE_DEPLOYMENT_COMPLETED'],
  FAILED: ['ERROR', 'SERVICE_DEPLOYMENT_FAILED'],
} as const;

const stateChange = ({ before, after, now }: RowChange<ServiceRevisionRecord>): readonly EventDraft[] => {
  const { rolloutState } = after;
  if (rolloutState === before?.rolloutState || !Object.hasOwn(rollout, rolloutState)) return [];
  const [eventType, eventName] = rollout[rolloutState as keyof typeof rollout];
  return [
    {
      source: 'aws.ecs',
      detailType: 'ECS Deployment State Change',
      scope: after,
      resources: [serviceArn(after, after.clusterName, after.serviceName)],
      detail: {
        eventType,
        eventName,
        deploymentId: `ecs-svc/${after.revisionId}`,
        updatedAt: now,
        reason: after.rolloutStateReason,
      },
    },
  ];
};

const startImpaired = ({ before, after, now }: RowChange<ServiceRevisionRecord>): readonly EventDraft[] =>
  after.toldOfFailures === true && before?.toldOfFailures !== true
    ? [
        {
          source: 'aws.ecs',
          detailType: 'ECS Service Action',
          scope: after,
          resources: [serviceArn(after, after.clusterName, after.serviceName)],
          detail: {
            eventType: 'WARN',
            eventName: 'SERVICE_TASK_START_IMPAIRED',
            clusterArn: clusterArn(after, after.clusterName),
            createdAt: now,
          },
        },
      ]
    : [];

/** "ECS Deployment State Change" of a revision, and the action that tells that its tasks do not start. */
export const revisionChanges = (change: RowChange<ServiceRevisionRecord>): readonly EventDraft[] => [
  ...stateChange(change),
  ...startImpaired(change),
];
