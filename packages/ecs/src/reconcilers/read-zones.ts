/** Reads the Availability Zones over which a service's tasks can be balanced. */
import type { ReadTransaction } from '@oreno/store';
import type { ZonePool } from '../domain/deployment/snapshot.ts';
import type { Placement } from '../domain/placement/placement.ts';
import { groupOf } from '../domain/service/service-task.ts';
import { boundTo } from '../domain/task/launch-type.ts';
import { taskDefinitionReference } from '../domain/task-definition/reference.ts';
import { taskResources } from '../domain/task/resources.ts';
import { findTaskDefinition } from '../queries/task-definitions.ts';
import type { ServiceRecord } from '../service-records.ts';

/** The pools of a service that is rebalanced; none for any other. */
export const zonesFor = async (
  transaction: ReadTransaction,
  service: ServiceRecord,
  placement: Pick<Placement, 'zonesSoFar'>,
): Promise<readonly ZonePool[]> => {
  if (service.availabilityZoneRebalancing !== 'ENABLED' || service.desiredCount < 2) return [];
  const row = await findTaskDefinition(transaction, service, taskDefinitionReference(service.taskDefinition, service));
  if (row === undefined) return [];
  const { definition } = row.record;
  const { account, region, clusterName } = service;
  const request = {
    account,
    region,
    clusterName,
    resources: taskResources(definition, {}),
    group: groupOf(service.serviceName),
    requiresAttributes: definition.requiresAttributes ?? [],
    constraints: [...service.placementConstraints, ...(definition.placementConstraints ?? [])],
  };
  return [...providersByInstances(service)].map(([capacityProvider, providers]) => ({
    providers,
    zones: placement.zonesSoFar({ ...request, capacityProvider }),
  }));
};

/** The service's capacity providers by the one whose instances their tasks are bound to. */
const providersByInstances = ({
  capacityProviderStrategy = [],
}: ServiceRecord): ReadonlyMap<string | undefined, readonly string[]> => {
  const names = capacityProviderStrategy.map(({ capacityProvider }) => capacityProvider);
  if (names.length === 0) return new Map([[undefined, []]]);
  return Map.groupBy(names, (capacityProviderName) => boundTo({ launchType: 'EC2', capacityProviderName }));
};
