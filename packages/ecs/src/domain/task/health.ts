import type { ecs } from '@oreno/aws-wire';
import type { TaskContainerRecord } from '../../records.ts';

/**
 * A task's health from that of its essential containers that have a health check: UNHEALTHY when one is,
 * HEALTHY when all are, UNKNOWN otherwise (HealthCheck in the API reference). A container without a health
 * check has no `healthStatus` in its record and has no say.
 */
export const healthOf = (containers: readonly TaskContainerRecord[]): ecs.HealthStatus => {
  const checked = containers.filter((container) => container.essential && container.healthStatus !== undefined);
  if (checked.some((container) => container.healthStatus === 'UNHEALTHY')) return 'UNHEALTHY';
  const areHealthy = checked.length > 0 && checked.every((container) => container.healthStatus === 'HEALTHY');
  return areHealthy ? 'HEALTHY' : 'UNKNOWN';
};
