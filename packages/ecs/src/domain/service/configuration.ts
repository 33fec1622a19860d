/**
 * The deployment configuration of a service: ECS's defaults, and what it refuses.
 * Page: DeploymentConfiguration in the API reference.
 */
import type { ecs } from '@oreno/aws-wire';
import type { DeploymentConfiguration } from '../../service-records.ts';
import { invalidParameter } from '../errors.ts';
import { refuseTrafficShifts, validateStrategy } from './deployment-strategy.ts';

const base = {
  deploymentCircuitBreaker: { enable: false, rollback: false },
  strategy: 'ROLLING',
  bakeTimeInMinutes: 0,
} as const;

/** What a service has whose request says nothing. */
export const defaultConfiguration: { readonly [Strategy in ecs.SchedulingStrategy]: DeploymentConfiguration } = {
  REPLICA: { ...base, maximumPercent: 200, minimumHealthyPercent: 100 },
  DAEMON: { ...base, maximumPercent: 100, minimumHealthyPercent: 0 },
};

/** The configuration after a request: what it does not name stays. Throws InvalidParameterException. */
export const configurationAfter = (
  before: DeploymentConfiguration,
  asked: ecs.DeploymentConfiguration = {},
  schedulingStrategy: ecs.SchedulingStrategy,
): DeploymentConfiguration => {
  const { deploymentCircuitBreaker, maximumPercent, minimumHealthyPercent, alarms, lifecycleHooks } = asked;
  refuseTrafficShifts(asked);
  const strategy = asked.strategy === 'BLUE_GREEN' || asked.strategy === 'ROLLING' ? asked.strategy : before.strategy;
  // What belongs to the strategy goes with it.
  const kept = strategy === before.strategy ? before : { ...before, bakeTimeInMinutes: 0, lifecycleHooks: undefined };
  const after: DeploymentConfiguration = {
    ...kept,
    strategy,
    ...(asked.bakeTimeInMinutes === undefined ? {} : { bakeTimeInMinutes: asked.bakeTimeInMinutes }),
    ...(lifecycleHooks === undefined ? {} : { lifecycleHooks }),
    ...(deploymentCircuitBreaker === undefined ? {} : { deploymentCircuitBreaker }),
    ...(maximumPercent === undefined ? {} : { maximumPercent }),
    ...(minimumHealthyPercent === undefined ? {} : { minimumHealthyPercent }),
    ...(alarms === undefined ? {} : { alarms }),
  };
  validatePercentages(after, schedulingStrategy);
  validateThreshold(after.deploymentCircuitBreaker);
  validateAlarms(after);
  validateStrategy(after, schedulingStrategy);
  return after;
};

const validateAlarms = ({ alarms }: DeploymentConfiguration): void => {
  if (alarms === undefined) return;
  if (alarms.enable && alarms.alarmNames.length === 0) {
    throw invalidParameter('alarmNames cannot be empty when deployment alarms are enabled.');
  }
  if (alarms.alarmNames.some((name) => name === '')) throw invalidParameter('alarmNames cannot have blank items.');
};

const validateThreshold = ({ thresholdConfiguration }: ecs.DeploymentCircuitBreaker): void => {
  if (thresholdConfiguration !== undefined && thresholdConfiguration.value < 1) {
    throw invalidParameter(
      'The value of the thresholdConfiguration of the deployment circuit breaker must be at least 1.',
    );
  }
};

const validatePercentages = (
  { maximumPercent, minimumHealthyPercent }: DeploymentConfiguration,
  schedulingStrategy: ecs.SchedulingStrategy,
): void => {
  if (minimumHealthyPercent < 0 || minimumHealthyPercent > 100) {
    throw invalidParameter('The minimumHealthyPercent of the deployment configuration must be between 0 and 100.');
  }
  if (schedulingStrategy === 'DAEMON' && maximumPercent > 100) {
    throw invalidParameter(
      'The daemon scheduling strategy does not support values above 100 for maximumPercent on the deployment configuration',
    );
  }
  if (maximumPercent < 100) {
    throw invalidParameter('The maximumPercent of the deployment configuration must be at least 100.');
  }
  if (maximumPercent === 100 && minimumHealthyPercent === 100) {
    throw invalidParameter(
      'Both maximumPercent and minimumHealthyPercent cannot be 100 as this will block deployments.',
    );
  }
};
