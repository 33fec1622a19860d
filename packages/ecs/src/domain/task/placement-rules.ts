/** Checks the placement rules of a request against ECS's limits (RunTask, PlacementConstraint, PlacementStrategy). */
import type { ecs } from '@oreno/aws-wire';
import { invalidParameter } from '../errors.ts';

const maximumConstraints = 10;
const maximumStrategies = 5;

/** The constraints of request and task definition together; throws InvalidParameterException where they cannot be. */
export const placementConstraints = (
  requested: readonly ecs.PlacementConstraint[] | undefined,
  definition: ecs.TaskDefinition,
): readonly ecs.PlacementConstraint[] => {
  const constraints = [...(requested ?? []), ...(definition.placementConstraints ?? [])];
  if (constraints.length > maximumConstraints) {
    throw invalidParameter(`You can specify up to ${maximumConstraints} placement constraints for a task.`);
  }
  for (const { type, expression } of constraints) {
    if (type === undefined) throw invalidParameter('Placement constraint type should not be null.');
    if (type === 'memberOf' && !expression)
      throw invalidParameter('Placement constraint memberOf needs an expression.');
    if (type === 'distinctInstance' && expression) {
      throw invalidParameter('Placement constraint distinctInstance does not take an expression.');
    }
  }
  return constraints;
};

/** The strategy as services show it: ECS knows `host` as another name of `instanceId`. */
export const strategyAsShown = (chain: readonly ecs.PlacementStrategy[]): readonly ecs.PlacementStrategy[] =>
  chain.map((rule) => (rule.field === 'host' ? { ...rule, field: 'instanceId' } : rule));

const overZones: ecs.PlacementStrategy = { type: 'spread', field: 'attribute:ecs.availability-zone' };

/** Over zones, and then over instances: what ECS does for services that name no strategy. */
export const serviceStrategy: readonly ecs.PlacementStrategy[] = [overZones, { type: 'spread', field: 'instanceId' }];

/** Fargate's tasks take no strategy, and are spread over zones. */
export const fargateStrategy: readonly ecs.PlacementStrategy[] = [overZones];

/** The request's strategy; throws InvalidParameterException when it has too many rules. */
export const placementStrategy = (
  requested: readonly ecs.PlacementStrategy[] = [],
): readonly ecs.PlacementStrategy[] => {
  if (requested.length <= maximumStrategies) return requested;
  throw invalidParameter(`You can specify up to ${maximumStrategies} placement strategies for a task.`);
};
