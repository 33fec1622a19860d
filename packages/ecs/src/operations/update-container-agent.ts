import type { Handler, ecs } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';
import { agentUpdateRefusal } from '../domain/container-instance/agent-update.ts';
import { requireCluster } from '../queries/clusters.ts';
import { requireContainerInstance } from '../queries/container-instances.ts';

/** Says why the agent is not updated: machines get theirs from their own packages, none is handed out here. */
export const UpdateContainerAgent: Handler<ecs.Operations, 'UpdateContainerAgent', EcsContext> = async (
  input,
  context,
) => {
  const row = await context.store.read(async (transaction) => {
    const { record: cluster } = await requireCluster(transaction, context, input.cluster);
    return requireContainerInstance(transaction, cluster, input.containerInstance);
  });
  throw agentUpdateRefusal(row.record);
};
