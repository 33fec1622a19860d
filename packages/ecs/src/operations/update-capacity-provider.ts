import { AwsError } from '@oreno/aws-wire';
import type { Handler, ecs } from '@oreno/aws-wire';
import { capacityProviders } from '../capacity-records.ts';
import type { CapacityProviderRecord } from '../capacity-records.ts';
import type { EcsContext } from '../context.ts';
import { updatedAutoScalingGroup } from '../domain/capacity-provider/auto-scaling-group.ts';
import { capacityProviderView } from '../domain/capacity-provider/view.ts';
import { invalidParameter } from '../domain/errors.ts';
import { clustersOf, requireCapacityProvider } from '../queries/capacity-providers.ts';

/** Changes the settings of a capacity provider that the request names; the group itself stays. */
export const UpdateCapacityProvider: Handler<ecs.Operations, 'UpdateCapacityProvider', EcsContext> = async (
  input,
  context,
) => {
  const { name, autoScalingGroupProvider: changes, managedInstancesProvider } = input;
  if (name === '') throw invalidParameter('A name is required when updating a capacity provider.');
  if (managedInstancesProvider !== undefined) {
    throw new AwsError('UnsupportedFeatureException', 'Amazon ECS Managed Instances are not available here.');
  }
  if (changes === undefined) {
    throw invalidParameter('The Auto Scaling group provider details are required when updating a capacity provider.');
  }
  return context.store.update(async (transaction) => {
    const before = await requireCapacityProvider(transaction, context, name);
    const record: CapacityProviderRecord = {
      ...before,
      autoScalingGroupProvider: updatedAutoScalingGroup(before.autoScalingGroupProvider, changes),
      updateStatus: 'UPDATE_COMPLETE',
    };
    const isScaled = record.autoScalingGroupProvider.managedScaling.status === 'ENABLED';
    if (isScaled && (await clustersOf(transaction, record, record.name)).length > 1) {
      throw invalidParameter(
        'Managed scaling cannot be enabled for a capacity provider that is associated with more than one cluster.',
      );
    }
    await transaction.put(capacityProviders, record);
    return { capacityProvider: capacityProviderView(record, true) };
  });
};
