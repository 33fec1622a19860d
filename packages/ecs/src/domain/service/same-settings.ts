/**
 * Whether a request leaves what a service's tasks are as it is. Deployment tools send back everything that they have
 * read, in an order of their own and with the defaults written out; that starts no deployment and needs no force.
 * Page: UpdateService in the API reference.
 */
import type { ecs } from '@oreno/aws-wire';
import type { RevisionSettings } from '../../service-records.ts';
import { strategyWithDefaults } from '../capacity-provider/strategy.ts';

/** The network configuration of a service with what ECS fills in: services give their tasks no public address. */
export const networkWithDefaults = (
  configuration: ecs.NetworkConfiguration | undefined,
): ecs.NetworkConfiguration | undefined => {
  const awsvpc = configuration?.awsvpcConfiguration;
  if (awsvpc === undefined) return configuration;
  return { awsvpcConfiguration: { ...awsvpc, assignPublicIp: awsvpc.assignPublicIp ?? 'DISABLED' } };
};

const comparableNetwork = (configuration: ecs.NetworkConfiguration | undefined): unknown => {
  const awsvpc = networkWithDefaults(configuration)?.awsvpcConfiguration;
  return awsvpc && [awsvpc.subnets.toSorted(), (awsvpc.securityGroups ?? []).toSorted(), awsvpc.assignPublicIp];
};

type Strategy = readonly ecs.CapacityProviderStrategyItem[] | undefined;

const comparableStrategy = (strategy: Strategy): unknown =>
  strategyWithDefaults(strategy ?? [])
    .map(({ capacityProvider, weight, base }) => [capacityProvider, weight, base])
    .toSorted(([left = ''], [right = '']) => (left < right ? -1 : 1));

/** Whether two strategies divide tasks alike; none and an empty one do. */
export const isSameStrategy = (left: Strategy, right: Strategy): boolean =>
  JSON.stringify(comparableStrategy(left)) === JSON.stringify(comparableStrategy(right));

const comparable = (settings: RevisionSettings): string =>
  JSON.stringify([
    settings.taskDefinition,
    settings.launchType,
    comparableStrategy(settings.capacityProviderStrategy),
    settings.platformVersion ?? 'LATEST',
    comparableNetwork(settings.networkConfiguration),
  ]);

/** Whether new tasks would be other than those there are. */
export const needsNewRevision = (before: RevisionSettings, after: RevisionSettings): boolean =>
  comparable(before) !== comparable(after);
