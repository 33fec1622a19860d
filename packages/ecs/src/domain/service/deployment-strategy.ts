/**
 * Which deployment strategies a service can have here, and what goes with them. Pages: DeploymentConfiguration,
 * DeploymentLifecycleHook in the API reference; "Required resources for Amazon ECS blue/green deployments", "… linear …",
 * "… canary …": only BLUE_GREEN does without a load balancer and Service Connect.
 */
import { AwsError, type ecs } from '@oreno/aws-wire';
import type { DeploymentConfiguration } from '../../service-records.ts';
import { invalidParameter } from '../errors.ts';

const longestBake = 1_440;
const longestTimeout = 20_160;

const validateHook = ({ targetType = 'AWS_LAMBDA', ...hook }: ecs.DeploymentLifecycleHook): void => {
  if (targetType !== 'PAUSE') {
    throw new AwsError(
      'UnsupportedFeatureException',
      'Lifecycle hooks that invoke AWS Lambda functions are not available here. Use hooks of the target type PAUSE.',
    );
  }
  if (hook.hookTargetArn !== undefined || hook.roleArn !== undefined) {
    throw invalidParameter(
      'hookTargetArn and roleArn cannot be specified for lifecycle hooks of the target type PAUSE.',
    );
  }
  if ((hook.lifecycleStages ?? []).length === 0) {
    throw invalidParameter('lifecycleStages cannot be empty for a lifecycle hook.');
  }
  const { timeoutInMinutes = 1 } = hook.timeoutConfiguration ?? {};
  if (timeoutInMinutes < 1 || timeoutInMinutes > longestTimeout) {
    throw invalidParameter(`timeoutInMinutes must be between 1 and ${longestTimeout}.`);
  }
};

/** Throws InvalidParameterException or UnsupportedFeatureException for a strategy that a service cannot have. */
export const validateStrategy = (
  { strategy, bakeTimeInMinutes, lifecycleHooks = [] }: DeploymentConfiguration,
  schedulingStrategy: ecs.SchedulingStrategy,
): void => {
  if (strategy === 'ROLLING') {
    if (bakeTimeInMinutes !== 0)
      throw invalidParameter('bakeTimeInMinutes is not supported for the ROLLING deployment strategy.');
    if (lifecycleHooks.length > 0)
      throw invalidParameter('lifecycleHooks are not supported for the ROLLING deployment strategy.');
    return;
  }
  if (schedulingStrategy === 'DAEMON') {
    throw invalidParameter(`The daemon scheduling strategy does not support the ${strategy} deployment strategy.`);
  }
  if (bakeTimeInMinutes < 0 || bakeTimeInMinutes > longestBake) {
    throw invalidParameter(`bakeTimeInMinutes must be between 0 and ${longestBake}.`);
  }
  lifecycleHooks.forEach(validateHook);
};

/** Throws InvalidParameterException for strategies that shift traffic step by step: no service here has traffic to shift. */
export const refuseTrafficShifts = ({
  strategy,
  linearConfiguration,
  canaryConfiguration,
}: ecs.DeploymentConfiguration): void => {
  if (strategy === 'LINEAR' || strategy === 'CANARY') {
    throw invalidParameter(
      `The ${strategy} deployment strategy requires that the service uses a load balancer or Service Connect.`,
    );
  }
  if (linearConfiguration !== undefined) {
    throw invalidParameter('linearConfiguration is only valid with the LINEAR deployment strategy.');
  }
  if (canaryConfiguration !== undefined) {
    throw invalidParameter('canaryConfiguration is only valid with the CANARY deployment strategy.');
  }
};
