import type { ContainerState } from './task-state.ts';

/** Seconds a container must have run before it is restarted, where the policy does not say. */
const DEFAULT_ATTEMPT_PERIOD = 300;

/**
 * Whether a container that exited is started again: its policy is on, nobody wants it stopped, the exit code is not
 * an ignored one, and it ran for the attempt period since its start or last restart. (Developer guide, "Restart
 * individual containers in Amazon ECS tasks with container restart policies".)
 */
export function shouldRestart(container: ContainerState, exitCode: number, now: number): boolean {
  const policy = container.definition.restartPolicy;
  if (!policy?.enabled || container.desiredStatus === 'STOPPED') return false;
  if (policy.ignoredExitCodes?.includes(exitCode)) return false;
  const ranSince = container.lastRestartAt ?? container.startedAt ?? now;
  return now - ranSince >= (policy.restartAttemptPeriod ?? DEFAULT_ATTEMPT_PERIOD) * 1000;
}
