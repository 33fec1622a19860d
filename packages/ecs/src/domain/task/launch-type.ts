/**
 * Which capacity a task runs on. Tasks for Fargate run on any container instance that has room, so that a
 * Fargate task definition works unchanged. Pages: RunTask (`launchType`, `capacityProviderStrategy`).
 */
import type { ecs } from '@oreno/aws-wire';
import type { ClusterRecord } from '../../records.ts';
import { invalidParameter } from '../errors.ts';

export interface Capacity {
  readonly launchType: ecs.LaunchType;
  readonly capacityProviderName?: string | undefined;
}

type CapacityRequest = Pick<
  ecs.RunTaskRequest,
  'launchType' | 'capacityProviderStrategy' | 'platformVersion' | 'placementConstraints' | 'placementStrategy'
>;

const isFargate = (provider: string): boolean => provider === 'FARGATE' || provider === 'FARGATE_SPOT';

/** The launch type and capacity provider of a request; throws InvalidParameterException where they do not fit. */
export const capacityOf = (
  request: CapacityRequest,
  cluster: ClusterRecord,
  definition: ecs.TaskDefinition,
): Capacity => {
  const asked = request.capacityProviderStrategy ?? [];
  if (request.launchType !== undefined && asked.length > 0) {
    throw invalidParameter(
      'Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.',
    );
  }
  if (request.launchType === 'MANAGED_INSTANCES') {
    throw invalidParameter('The MANAGED_INSTANCES launch type needs a capacity provider strategy.');
  }
  const strategy =
    asked.length > 0 || request.launchType !== undefined ? asked : cluster.defaultCapacityProviderStrategy;
  const provider = strategy.length > 0 ? chooseProvider(strategy, cluster) : undefined;
  const launchType = request.launchType ?? (provider !== undefined && isFargate(provider) ? 'FARGATE' : 'EC2');
  if (definition.compatibilities !== undefined && !definition.compatibilities.includes(launchType)) {
    throw invalidParameter(`Task definition does not support launch_type ${launchType}.`);
  }
  (launchType === 'FARGATE' ? refuseForFargate : refuseForInstances)(request);
  return { launchType, capacityProviderName: provider };
};

const refuseForFargate = ({ placementConstraints = [], placementStrategy = [] }: CapacityRequest): void => {
  if (placementConstraints.length > 0) {
    throw invalidParameter('Placement constraints are not supported with FARGATE launch type.');
  }
  if (placementStrategy.length > 0)
    throw invalidParameter('Placement strategies are not supported with FARGATE launch type.');
};

const refuseForInstances = ({ platformVersion }: CapacityRequest): void => {
  if (platformVersion !== undefined) {
    throw invalidParameter('The platform version must be null when specifying an EC2 launch type.');
  }
};

const maximumProviders = 20;

const chooseProvider = (strategy: readonly ecs.CapacityProviderStrategyItem[], cluster: ClusterRecord): string => {
  if (strategy.length > maximumProviders) {
    throw invalidParameter(
      `A capacity provider strategy can contain a maximum of ${maximumProviders} capacity providers.`,
    );
  }
  for (const { capacityProvider } of strategy) {
    if (cluster.capacityProviders.includes(capacityProvider)) continue;
    throw invalidParameter(`The specified capacity provider '${capacityProvider}' was not found in the cluster.`);
  }
  if (strategy.filter(({ base = 0 }) => base > 0).length > 1) {
    throw invalidParameter('Only one capacity provider in a capacity provider strategy can have a base defined.');
  }
  // A base is filled before any weight counts, and without one the heaviest is the first to get a task.
  const based = strategy.find(({ base = 0 }) => base > 0);
  const [heaviest] = strategy.toSorted((left, right) => (right.weight ?? 0) - (left.weight ?? 0));
  const chosen = based ?? (strategy.length === 1 || (heaviest?.weight ?? 0) > 0 ? heaviest : undefined);
  if (chosen === undefined) {
    throw invalidParameter('At least one capacity provider in the strategy must have a weight greater than zero.');
  }
  return chosen.capacityProvider;
};
