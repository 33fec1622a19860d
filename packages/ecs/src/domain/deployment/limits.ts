/**
 * How many tasks a service may have at least healthy and at most at all. AWS documentation: "Amazon ECS service
 * definition parameters", deploymentConfiguration: the minimum is rounded up, the maximum down.
 */
import type { DeploymentConfiguration } from '../../service-records.ts';

export interface Limits {
  /** The fewest healthy tasks that stopping may leave. */
  readonly minimum: number;
  /** The most tasks that there may be, those that are about to stop included. */
  readonly maximum: number;
}

export const limitsOf = (
  desiredCount: number,
  { minimumHealthyPercent, maximumPercent }: Pick<DeploymentConfiguration, 'maximumPercent' | 'minimumHealthyPercent'>,
): Limits => ({
  minimum: Math.ceil((desiredCount * minimumHealthyPercent) / 100),
  maximum: Math.floor((desiredCount * maximumPercent) / 100),
});
