/**
 * CloudWatch alarms that end a deployment. Pure.
 * AWS documentation: "How CloudWatch alarms detect Amazon ECS deployment failures". They are looked at from the first
 * task of the new revision that runs, and, when the service is as wanted, for as long again as the alarms need to see
 * it (the bake time, which ECS computes from the alarms and does not tell how). A deployment that begins while one of
 * them is in ALARM is not watched at all.
 */
import type { ServiceDeploymentRecord, ServiceRevisionRecord } from '../../service-records.ts';
import type { DeploymentConfiguration } from '../../service-records.ts';
import type { AlarmStanding, ServiceSnapshot, ServiceStep } from './snapshot.ts';

export type WatchedAlarms = NonNullable<ServiceDeploymentRecord['alarms']>;

/** What a deployment of this configuration begins with; undefined where no alarms are named. */
export const alarmsAtStart = (
  { alarms }: DeploymentConfiguration,
  standing: readonly AlarmStanding[],
): WatchedAlarms | undefined => {
  if (alarms === undefined) return undefined;
  const isWatched = alarms.enable && !standing.some(({ isInAlarm }) => isInAlarm);
  return { status: isWatched ? 'MONITORING' : 'DISABLED', triggeredAlarmNames: [] };
};

/** The names to look at; none where the deployment is not watched. */
export const watchedNames = (deployment: ServiceDeploymentRecord | undefined): readonly string[] =>
  deployment?.alarms?.status === 'MONITORING' && deployment.rollback === undefined
    ? (deployment.deploymentConfiguration.alarms?.alarmNames ?? [])
    : [];

/** The watch is over, and nothing was seen. */
export const watchEnded = (alarms: WatchedAlarms | undefined): WatchedAlarms | undefined =>
  alarms?.status === 'MONITORING' ? { ...alarms, status: 'MONITORING_COMPLETE' } : alarms;

/** The alarms that end the deployment now. */
export const triggeredAlarms = (
  { alarms, deployment, tasks }: ServiceSnapshot,
  { revisionId }: ServiceRevisionRecord,
): readonly string[] => {
  if (watchedNames(deployment).length === 0) return [];
  const hasRun = tasks.some((task) => task.revisionId === revisionId && task.startedAt !== undefined);
  return hasRun ? alarms.filter(({ isInAlarm }) => isInAlarm).map(({ alarmName }) => alarmName) : [];
};

export interface Baking {
  readonly steps: readonly ServiceStep[];
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** The time that a deployment whose service is as wanted goes on being watched; undefined when it is over. */
export const decideBaking = ({ service, alarms, deployment }: ServiceSnapshot, now: number): Baking | undefined => {
  if (deployment === undefined || watchedNames(deployment).length === 0) return undefined;
  // A BLUE_GREEN deployment has baked when the older revision goes.
  if (deployment.lifecycleStage !== undefined) return undefined;
  const since = deployment.bakingSince ?? now;
  const until = since + Math.max(0, ...alarms.map(({ bakeTime }) => bakeTime));
  if (now >= until) return undefined;
  const begun = deployment.bakingSince !== undefined;
  return { steps: begun ? [] : [{ kind: 'startBaking', service, deployment, since }], until };
};
