/**
 * Tasks that fail: how many in a row, when that is too many for the circuit breaker, and how long the next
 * attempt waits. AWS documentation: "How the Amazon ECS deployment circuit breaker detects failures",
 * "Amazon ECS service throttle logic", `failedTasks` in the Deployment type of the API reference.
 */
import type { ecs } from '@oreno/aws-wire';
import type { ServiceRevisionRecord } from '../../service-records.ts';
import { isProven, type ServiceTask } from '../service/service-task.ts';

/**
 * How many failures are too many. By default half of the desired tasks, rounded up, from 3 to 200
 * (ThresholdConfiguration in the API reference).
 */
export const failureThreshold = (
  { thresholdConfiguration: { type, value } = { type: 'BOUNDED_PERCENT', value: 50 } }: ecs.DeploymentCircuitBreaker,
  desiredCount: number,
): number => {
  if (type === 'COUNT') return value;
  const share = Math.ceil((desiredCount * value) / 100);
  return type === 'BOUNDED_PERCENT' ? Math.min(Math.max(share, 3), 200) : Math.max(share, 1);
};

export interface Failures {
  /** In a row: zero as soon as one task of the revision is healthy, unless the circuit breaker adds all of them up. */
  readonly failedTasks: number;
  readonly countedTasks: readonly string[];
  readonly lastFailureAt: number | undefined;
}

/**
 * A container that ends within this time after its start has failed to start: an agent may have seen it run for a
 * moment, or not at all, and that is chance.
 */
const startTime = 10_000;

/** It ended by itself before it was what it is for: its health checks had not passed, or it had hardly run. */
const endedTooEarly = ({ ended, health, startedAt = 0, stoppedAt = 0 }: ServiceTask): boolean =>
  ended === 'exited' && (health === 'NONE' ? stoppedAt - startedAt < startTime : health !== 'HEALTHY');

const isFailure = (task: ServiceTask): boolean =>
  task.ended === 'failedToStart' || task.ended === 'unhealthy' || endedTooEarly(task);

/** The revision's failures after these tasks were looked at. */
export const countFailures = (
  revision: ServiceRevisionRecord,
  tasks: readonly ServiceTask[],
  { resetOnHealthyTask = true }: Pick<ecs.DeploymentCircuitBreaker, 'resetOnHealthyTask'>,
): Failures => {
  const own = tasks.filter(({ revisionId }) => revisionId === revision.revisionId);
  const failed = own.filter(isFailure);
  const counted = new Set(revision.countedTasks);
  const news = failed.filter(({ taskId }) => !counted.has(taskId));
  const isForgiven = own.some(isProven) && (resetOnHealthyTask || revision.rolloutState !== 'IN_PROGRESS');
  const failedTasks = isForgiven ? 0 : revision.failedTasks + news.length;
  const times = news.map(({ stoppedAt = 0 }) => stoppedAt);
  return {
    failedTasks,
    countedTasks: failed.map(({ taskId }) => taskId),
    lastFailureAt: failedTasks === 0 ? undefined : Math.max(revision.lastFailureAt ?? 0, ...times),
  };
};

export const isSameCount = (revision: ServiceRevisionRecord, failures: Failures): boolean =>
  revision.failedTasks === failures.failedTasks &&
  revision.lastFailureAt === failures.lastFailureAt &&
  revision.countedTasks.length === failures.countedTasks.length &&
  revision.countedTasks.every((taskId, index) => taskId === failures.countedTasks[index]);

const freeRounds = 2;
const firstDelay = 10_000;
/** "up to a maximum of 27 minutes". */
const longestDelay = 27 * 60_000;

/** Milliseconds to wait after so many rounds of failures: none after two, then 10 s, doubling to 27 minutes. */
export const restartDelay = (rounds: number): number =>
  rounds <= freeRounds ? 0 : Math.min(firstDelay * 2 ** (rounds - freeRounds - 1), longestDelay);

/** A task that ends by itself within this time after its start has not done what a service's task is for. */
const shortLife = 60_000;
const exitsCountFor = 10 * 60_000;
const longestExitDelay = 60_000;

/** Failures since the last time that a task of the revision started: also where others, older, are healthy. */
const failuresSinceStart = (own: readonly ServiceTask[]): readonly ServiceTask[] => {
  const lastStart = Math.max(0, ...own.map(({ startedAt = 0 }) => startedAt));
  return own.filter((task) => isFailure(task) && (task.stoppedAt ?? 0) > lastStart);
};

const shortExits = (own: readonly ServiceTask[], now: number): readonly ServiceTask[] =>
  own.filter(
    ({ ended, startedAt = 0, stoppedAt = 0 }) =>
      ended === 'exited' && stoppedAt > now - exitsCountFor && stoppedAt - startedAt < shortLife,
  );

const lastEnd = (tasks: readonly ServiceTask[]): number => Math.max(0, ...tasks.map(({ stoppedAt = 0 }) => stoppedAt));

/** From when on the next task of a revision may be started, milliseconds since the epoch; 0 for at once. */
export const nextStart = (
  { failedTasks, lastFailureAt = 0 }: Failures,
  tasks: readonly ServiceTask[],
  revisionId: string,
  desiredCount: number,
  now: number,
): number => {
  const own = tasks.filter((task) => task.revisionId === revisionId);
  const after = (count: number, last: number, longest: number): number => {
    const delay = Math.min(restartDelay(Math.ceil(count / Math.max(1, desiredCount))), longest);
    return delay === 0 ? 0 : last + delay;
  };
  const failures = failuresSinceStart(own);
  const exits = shortExits(own, now);
  return Math.max(
    after(failedTasks, lastFailureAt, longestDelay),
    after(failures.length, lastEnd(failures), longestDelay),
    after(exits.length, lastEnd(exits), longestExitDelay),
  );
};
