/**
 * The strategy that divides tasks among the capacity providers of a cluster.
 * Pages: PutClusterCapacityProviders and CapacityProviderStrategyItem in the API reference.
 */
import type { ecs } from '@oreno/aws-wire';
import { firstDuplicate } from '../task-definition/check.ts';
import { invalidParameter } from '../errors.ts';
import { isFargateProvider } from './names.ts';

const mostItems = 20;

/** Refuses a strategy that does not go with the cluster's providers or has no sound weights (InvalidParameterException). */
export const validateStrategy = (
  strategy: readonly ecs.CapacityProviderStrategyItem[],
  providers: readonly string[],
): void => {
  const problem = strategyProblem(strategy, providers);
  if (problem !== undefined) throw invalidParameter(problem);
};

const strategyProblem = (
  strategy: readonly ecs.CapacityProviderStrategyItem[],
  providers: readonly string[],
): string | undefined => {
  const names = strategy.map(({ capacityProvider }) => capacityProvider);
  if (strategy.length > mostItems) {
    return `A capacity provider strategy can contain a maximum of ${mostItems} capacity providers.`;
  }
  if (firstDuplicate(names) !== undefined) {
    return 'A capacity provider can only be used once in a capacity provider strategy.';
  }
  if (!names.every((name) => providers.includes(name))) {
    return (
      'The capacity provider strategy cannot contain a capacity provider that is not associated with the cluster. ' +
      'Associate the capacity provider with the cluster and try again.'
    );
  }
  if (strategy.filter(({ base = 0 }) => base > 0).length > 1) {
    return 'Only one capacity provider in a capacity provider strategy can have a base defined.';
  }
  if (strategy.length > 1 && strategy.every(({ weight = 0 }) => weight === 0)) {
    return 'At least one capacity provider in a capacity provider strategy must have a weight greater than 0.';
  }
  const fargate = names.filter(isFargateProvider).length;
  return fargate > 0 && fargate < names.length
    ? 'A capacity provider strategy cannot contain both Fargate and Auto Scaling group capacity providers.'
    : undefined;
};

/** The strategy as ECS shows it: weight and base written out. */
export const strategyWithDefaults = (
  strategy: readonly ecs.CapacityProviderStrategyItem[],
): readonly ecs.CapacityProviderStrategyItem[] =>
  strategy.map(({ capacityProvider, weight = 0, base = 0 }) => ({ capacityProvider, weight, base }));
