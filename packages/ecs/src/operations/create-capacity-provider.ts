import { AwsError, validateTags } from '@oreno/aws-wire';
import type { Handler, ecs } from '@oreno/aws-wire';
import type { ReadTransaction } from '@oreno/store';
import { capacityProviders } from '../capacity-records.ts';
import type { AutoScalingGroup, CapacityProviderRecord } from '../capacity-records.ts';
import type { EcsContext } from '../context.ts';
import { newAutoScalingGroup } from '../domain/capacity-provider/auto-scaling-group.ts';
import { validateCapacityProviderName } from '../domain/capacity-provider/names.ts';
import { capacityProviderView } from '../domain/capacity-provider/view.ts';
import { capacityProviderArn } from '../domain/ecs-arn.ts';
import { clientException, invalidParameter } from '../domain/errors.ts';
import { findCapacityProvider } from '../queries/capacity-providers.ts';

/** Makes a capacity provider over an Auto Scaling group. The name of a deleted one can be used again. */
export const CreateCapacityProvider: Handler<ecs.Operations, 'CreateCapacityProvider', EcsContext> = async (
  input,
  context,
) => {
  validateCapacityProviderName(input.name);
  validateTags(input.tags);
  const group = newAutoScalingGroup(requireGroup(input), context);
  const { account, region } = context;
  const record: CapacityProviderRecord = {
    account,
    region,
    name: input.name,
    capacityProviderArn: capacityProviderArn(context, input.name),
    createdAt: context.now(),
    status: 'ACTIVE',
    autoScalingGroupProvider: group,
    updateStatus: 'CREATE_COMPLETE',
    tags: input.tags ?? [],
  };
  return context.store.update(async (transaction) => {
    const existing = await findCapacityProvider(transaction, context, input.name);
    if (existing?.status === 'ACTIVE') {
      throw clientException(
        'The specified capacity provider already exists. To change the configuration of an existing capacity ' +
          'provider, update the capacity provider.',
      );
    }
    await assertFree(transaction, context, group);
    await transaction.put(capacityProviders, record);
    return { capacityProvider: capacityProviderView(record, true) };
  });
};

const requireGroup = ({
  autoScalingGroupProvider,
  managedInstancesProvider,
  cluster,
}: ecs.CreateCapacityProviderRequest): ecs.AutoScalingGroupProvider => {
  if (managedInstancesProvider !== undefined) {
    throw new AwsError('UnsupportedFeatureException', 'Amazon ECS Managed Instances are not available here.');
  }
  if (autoScalingGroupProvider === undefined) {
    throw invalidParameter(
      'The Auto Scaling group provider details are required when creating a capacity provider. ' +
        'Specify the Auto Scaling group provider details and try again.',
    );
  }
  if (cluster !== undefined) {
    throw invalidParameter('A cluster can only be specified for an Amazon ECS Managed Instances capacity provider.');
  }
  return autoScalingGroupProvider;
};

/** Two capacity providers over one group would scale it against each other. */
const assertFree = async (
  transaction: ReadTransaction,
  { account, region }: EcsContext,
  { autoScalingGroupArn }: AutoScalingGroup,
): Promise<void> => {
  const rows = await transaction.list(capacityProviders, {
    index: 'byStatus',
    where: { account, region, status: 'ACTIVE' },
  });
  if (rows.some(({ record }) => record.autoScalingGroupProvider.autoScalingGroupArn === autoScalingGroupArn)) {
    throw clientException(
      'The specified Auto Scaling group ARN is already being used by another capacity provider. ' +
        'Specify a unique Auto Scaling group ARN and try again.',
    );
  }
};
