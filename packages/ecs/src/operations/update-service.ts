import { AwsError } from '@oreno/aws-wire';
import type { Handler, ecs } from '@oreno/aws-wire';
import type { ReadTransaction } from '@oreno/store';
import type { EcsContext } from '../context.ts';
import { clientException } from '../domain/errors.ts';
import { isExternal } from '../domain/service/external-controller.ts';
import { updatedService } from '../domain/service/new-service.ts';
import { needsNewRevision } from '../domain/service/same-settings.ts';
import { taskDefinitionReference } from '../domain/task-definition/reference.ts';
import { requireCluster } from '../queries/clusters.ts';
import { requireService } from '../queries/services.ts';
import { findTaskDefinition } from '../queries/task-definitions.ts';
import type { TaskDefinitionRecord } from '../records.ts';
import { services } from '../service-records.ts';
import type { ServiceRecord } from '../service-records.ts';
import { requireTaskDefinition } from './launch-tasks.ts';
import { passRolesOf } from './pass-roles.ts';
import { describeService, startDeployment } from './service-answers.ts';

/**
 * Changes a service. Where that changes what its tasks are, or where it is forced, a deployment starts; other
 * members, the desired count among them, hold from now on.
 */
export const UpdateService: Handler<ecs.Operations, 'UpdateService', EcsContext> = async (input, context) => {
  await passRolesOf(context, input.taskDefinition);
  return context.store.update(async (transaction) => {
    const { record: cluster } = await requireCluster(transaction, context, input.cluster);
    const { record: before } = await requireService(transaction, cluster, input.service);
    if (before.status !== 'ACTIVE') throw new AwsError('ServiceNotActiveException', 'Service was not ACTIVE.');
    const definition = await definitionAfter(transaction, before, input, context);
    const service = updatedService(before, input, cluster, definition);
    await transaction.put(services, service);
    if (!isExternal(service) && (input.forceNewDeployment === true || needsNewRevision(before, service))) {
      await startDeployment(transaction, service, context);
    }
    return { service: await describeService(transaction, service, 'ifAny', context.now()) };
  });
};

/** A new task definition has to be ACTIVE; the one that a service has may be INACTIVE by now. */
const definitionAfter = async (
  transaction: ReadTransaction,
  { taskDefinition }: ServiceRecord,
  input: ecs.UpdateServiceRequest,
  context: EcsContext,
): Promise<TaskDefinitionRecord | undefined> => {
  if (taskDefinition === '') return undefined;
  if (input.taskDefinition !== undefined) return requireTaskDefinition(transaction, context, input.taskDefinition);
  const row = await findTaskDefinition(transaction, context, taskDefinitionReference(taskDefinition, context));
  if (row === undefined) throw clientException('TaskDefinition not found.');
  return row.record;
};
