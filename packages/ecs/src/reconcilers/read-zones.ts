/** Reads the Availability Zones over which a service's tasks can be balanced. */
import type { ReadTransaction } from '@oreno/store';
import type { Placement } from '../domain/placement/placement.ts';
import { groupOf } from '../domain/service/service-task.ts';
import { boundTo } from '../domain/task/launch-type.ts';
import { taskDefinitionReference } from '../domain/task-definition/reference.ts';
import { taskResources } from '../domain/task/resources.ts';
import { findTaskDefinition } from '../queries/task-definitions.ts';
import type { ServiceRecord } from '../service-records.ts';

/** The zones of instances that could take the service's tasks; none for a service that is not rebalanced. */
export const zonesFor = async (
  transaction: ReadTransaction,
  service: ServiceRecord,
  placement: Pick<Placement, 'zonesSoFar'>,
): Promise<readonly string[]> => {
  if (service.availabilityZoneRebalancing !== 'ENABLED' || service.desiredCount < 2) return [];
  const row = await findTaskDefinition(transaction, service, taskDefinitionReference(service.taskDefinition, service));
  if (row === undefined) return [];
  const { definition } = row.record;
  const { account, region, clusterName, capacityProviderStrategy = [] } = service;
  const [only, ...others] = capacityProviderStrategy;
  const capacity = { launchType: 'EC2' as const, capacityProviderName: only?.capacityProvider };
  return placement.zonesSoFar({
    account,
    region,
    clusterName,
    resources: taskResources(definition, {}),
    group: groupOf(service.serviceName),
    requiresAttributes: definition.requiresAttributes ?? [],
    constraints: [...service.placementConstraints, ...(definition.placementConstraints ?? [])],
    capacityProvider: others.length === 0 ? boundTo(capacity) : undefined,
  });
};
