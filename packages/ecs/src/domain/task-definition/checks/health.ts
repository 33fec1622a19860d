/**
 * The rules about health checks and restarts.
 * Pages: HealthCheck and ContainerRestartPolicy in the API reference.
 */
import { forEachContainer, invalidCombination, outside } from '../check.ts';
import type { Check, ContainerCheck } from '../check.ts';

const HEALTH_BOUNDS = [
  ['interval', 5, 300],
  ['timeout', 2, 60],
  ['retries', 1, 10],
  ['startPeriod', 0, 300],
] as const;

const healthCheck: ContainerCheck = (container) => {
  const { healthCheck: check } = container;
  if (check === undefined) return undefined;
  // ECS takes commands that start with neither CMD nor CMD-SHELL, although its documentation forbids them.
  if (check.command.length === 0) {
    return invalidCombination(container, 'HealthCheck.command should not be null or empty.');
  }
  const wrong = HEALTH_BOUNDS.find(([member, least, most]) => outside(check[member], least, most));
  return wrong === undefined
    ? undefined
    : invalidCombination(container, `HealthCheck.${wrong[0]} should be between ${wrong[1]} and ${wrong[2]}.`);
};

const restartPolicy: ContainerCheck = (container) => {
  const { restartPolicy: policy } = container;
  if (policy === undefined) return undefined;
  if (!policy.enabled && (policy.ignoredExitCodes !== undefined || policy.restartAttemptPeriod !== undefined)) {
    return invalidCombination(container, 'A restart policy that is not enabled cannot have further settings.');
  }
  if (outside(policy.restartAttemptPeriod, 60, 1800)) {
    return invalidCombination(container, 'RestartPolicy.restartAttemptPeriod should be between 60 and 1800.');
  }
  return (policy.ignoredExitCodes ?? []).length > 50
    ? invalidCombination(container, 'RestartPolicy.ignoredExitCodes can have at most 50 exit codes.')
    : undefined;
};

export const healthChecks: readonly Check[] = [forEachContainer([healthCheck, restartPolicy])];
