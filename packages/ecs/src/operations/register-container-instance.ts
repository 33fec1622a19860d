import type { Handler, ecs } from '@oreno/aws-wire';
import type { ReadTransaction } from '@oreno/store';
import type { EcsContext } from '../context.ts';
import { clusterNameOf, idInCluster } from '../domain/cluster-reference.ts';
import { instanceIdOf } from '../domain/container-instance/instance-id.ts';
import { registeredInstance } from '../domain/container-instance/registration.ts';
import { clientException } from '../domain/errors.ts';
import { findCluster } from '../queries/clusters.ts';
import { findContainerInstance } from '../queries/container-instances.ts';
import type { ClusterKey } from '../queries/container-instances.ts';
import { containerInstances } from '../records.ts';
import type { ClusterRecord } from '../records.ts';
import { describeInstances } from './container-instance-views.ts';

/**
 * Registers the machine of a container agent, or the same machine again when the agent brings its ARN. An ARN
 * that is not known is taken over: the agent keeps using it, whatever it is answered.
 */
export const RegisterContainerInstance: Handler<ecs.Operations, 'RegisterContainerInstance', EcsContext> = async (
  input,
  context,
) => {
  const freshId = context.newId();
  const row = await context.store.update(async (transaction) => {
    const { clusterName } = await agentsCluster(transaction, context, input.cluster);
    const { account, region, origin } = context;
    const key = { account, region, clusterName };
    const containerInstanceId = idOf(input, key, freshId);
    const previous = await findContainerInstance(transaction, key, containerInstanceId);
    const facts = { ...key, containerInstanceId, origin, now: context.now() };
    const record = registeredInstance(input, facts, previous?.record);
    await transaction.put(containerInstances, record);
    return { record, version: (previous?.version ?? 0) + 1 };
  });
  const [containerInstance] = await describeInstances(context, [row], ['TAGS']);
  return { containerInstance };
};

/** The id in the agent's ARN, else the one that goes with its client token. */
const idOf = (request: ecs.RegisterContainerInstanceRequest, key: ClusterKey, freshId: string): string => {
  const { containerInstanceArn, clientToken } = request;
  if (containerInstanceArn !== undefined) {
    return idInCluster(containerInstanceArn, 'container-instance', key.clusterName, key);
  }
  return clientToken === undefined || clientToken === '' ? freshId : instanceIdOf(key, clientToken);
};

/** Agents look for this text, in a ClientException, to find out that they have to create the cluster `default`. */
const agentsCluster = async (
  transaction: ReadTransaction,
  context: EcsContext,
  reference: string | undefined,
): Promise<ClusterRecord> => {
  // An agent that was told no cluster sends none, or an empty name.
  const row = await findCluster(transaction, context, clusterNameOf(reference === '' ? undefined : reference, context));
  if (row?.record.status !== 'ACTIVE') throw clientException('Cluster not found.');
  return row.record;
};
