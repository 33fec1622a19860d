/**
 * What ECS attaches to a cluster for each capacity provider with managed scaling: the policy that scales its
 * group, and managed draining. Pages: `attachments` of Cluster in the API reference, "Amazon ECS cluster auto scaling".
 */
import { createHash } from 'node:crypto';
import type { ecs } from '@oreno/aws-wire';
import type { ReadTransaction } from '@oreno/store';
import { isFargateProvider } from '../domain/capacity-provider/names.ts';
import { groupNameOf } from '../domain/capacity-provider/auto-scaling-group.ts';
import type { CapacityProviderRecord } from '../capacity-records.ts';
import type { ClusterRecord } from '../records.ts';
import { findCapacityProvider } from './capacity-providers.ts';

/** The same attachment has the same id every time it is shown. */
const idOf = (...parts: readonly string[]): string =>
  createHash('sha256')
    .update(parts.join('\n'))
    .digest('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');

const attachmentsOf = (
  { clusterArn }: ClusterRecord,
  { name, capacityProviderArn, autoScalingGroupProvider: group }: CapacityProviderRecord,
): readonly ecs.Attachment[] => {
  if (group.managedScaling.status !== 'ENABLED') return [];
  const attachment = (type: string, details: readonly ecs.KeyValuePair[]): ecs.Attachment => ({
    id: idOf(clusterArn, capacityProviderArn, type),
    type,
    status: 'CREATED',
    details: [{ name: 'capacityProviderName', value: name }, ...details],
  });
  const policy = `ECSManagedAutoScalingPolicy-${idOf(clusterArn, capacityProviderArn)}`;
  const draining = [{ name: 'autoScalingGroupName', value: groupNameOf(group.autoScalingGroupArn) }];
  return [
    attachment('as_policy', [{ name: 'scalingPolicyName', value: policy }]),
    ...(group.managedDraining === 'ENABLED' ? [attachment('managed_draining', draining)] : []),
  ];
};

export const clusterAttachments = async (
  transaction: ReadTransaction,
  cluster: ClusterRecord,
): Promise<readonly ecs.Attachment[]> => {
  const attachments: ecs.Attachment[] = [];
  for (const name of cluster.capacityProviders.filter((each) => !isFargateProvider(each))) {
    const provider = await findCapacityProvider(transaction, cluster, name);
    if (provider?.status === 'ACTIVE') attachments.push(...attachmentsOf(cluster, provider));
  }
  return attachments;
};
