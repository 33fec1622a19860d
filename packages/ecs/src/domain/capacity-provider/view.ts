/** Capacity providers as DescribeCapacityProviders shows them. */
import type { ecs } from '@oreno/aws-wire';
import type { CapacityProviderRecord } from '../../capacity-records.ts';
import type { Scope } from '../../records.ts';
import { capacityProviderArn } from '../ecs-arn.ts';
import type { fargateProviders } from './names.ts';

export const capacityProviderView = (record: CapacityProviderRecord, withTags: boolean): ecs.CapacityProvider => ({
  capacityProviderArn: record.capacityProviderArn,
  name: record.name,
  status: record.status,
  autoScalingGroupProvider: record.autoScalingGroupProvider,
  updateStatus: record.updateStatus,
  tags: withTags ? record.tags : [],
  type: 'EC2_AUTOSCALING',
});

/** One of those that every account has: nobody created, updated or tagged it. */
export const fargateProviderView = (scope: Scope, name: (typeof fargateProviders)[number]): ecs.CapacityProvider => ({
  capacityProviderArn: capacityProviderArn(scope, name),
  name,
  status: 'ACTIVE',
  tags: [],
  type: name,
});
