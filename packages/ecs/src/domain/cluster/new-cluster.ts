/** The record that CreateCluster writes. */
import type { ecs } from '@oreno/aws-wire';
import type { ClusterRecord, Scope } from '../../records.ts';
import { clusterArn } from '../ecs-arn.ts';
import { settingsWithDefaults } from './settings.ts';

/** An ACTIVE cluster with what the request asks for. `now` is in milliseconds since the epoch. */
export const newCluster = (
  { account, region }: Scope,
  clusterName: string,
  request: Omit<ecs.CreateClusterRequest, 'clusterName'>,
  now: number,
  containerInsights = 'disabled',
): ClusterRecord => ({
  account,
  region,
  clusterName,
  clusterArn: clusterArn({ account, region }, clusterName),
  status: 'ACTIVE',
  createdAt: now,
  settings: settingsWithDefaults(request.settings, containerInsights),
  configuration: request.configuration,
  serviceConnectDefaults: request.serviceConnectDefaults,
  capacityProviders: request.capacityProviders ?? [],
  defaultCapacityProviderStrategy: request.defaultCapacityProviderStrategy ?? [],
  tags: request.tags ?? [],
});
