import type { Handler, ecs } from '@oreno/aws-wire';
import { capacityProviders } from '../capacity-records.ts';
import type { CapacityProviderRecord } from '../capacity-records.ts';
import type { EcsContext } from '../context.ts';
import { capacityProviderView } from '../domain/capacity-provider/view.ts';
import { clientException } from '../domain/errors.ts';
import { clustersOf, requireCapacityProvider } from '../queries/capacity-providers.ts';

/** Deletes a capacity provider that no cluster has. Its group and the machines in it stay. */
export const DeleteCapacityProvider: Handler<ecs.Operations, 'DeleteCapacityProvider', EcsContext> = async (
  input,
  context,
) =>
  context.store.update(async (transaction) => {
    const before = await requireCapacityProvider(transaction, context, input.capacityProvider);
    const [cluster] = await clustersOf(transaction, before, before.name);
    if (cluster !== undefined) {
      throw clientException(
        'The specified capacity provider cannot be deleted because it is associated with cluster: ' +
          `${cluster.clusterName}. Remove the capacity provider from the cluster and try again.`,
      );
    }
    const record: CapacityProviderRecord = {
      ...before,
      status: 'INACTIVE',
      updateStatus: 'DELETE_COMPLETE',
      deletedAt: context.now(),
    };
    await transaction.put(capacityProviders, record);
    return { capacityProvider: capacityProviderView(record, true) };
  });
