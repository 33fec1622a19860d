import type { Handler, ecs } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';
import { newTaskSet } from '../domain/service/task-set.ts';
import { requireCluster } from '../queries/clusters.ts';
import { serviceRevisions, services } from '../service-records.ts';
import { requireTaskDefinition } from './launch-tasks.ts';
import { passRolesOf } from './pass-roles.ts';
import { describeTaskSet, requireExternalService, taskSetsOf } from './task-set-answers.ts';

/** Makes a task set of a service whose deployments somebody else conducts. The same client token answers the same set. */
export const CreateTaskSet: Handler<ecs.Operations, 'CreateTaskSet', EcsContext> = async (input, context) => {
  await passRolesOf(context, input.taskDefinition);
  return context.store.update(async (transaction) => {
    const service = await requireExternalService(transaction, context, input);
    const { record: cluster } = await requireCluster(transaction, context, input.cluster);
    const others = await taskSetsOf(transaction, service);
    const now = context.now();
    const { clientToken } = input;
    const known = clientToken ? others.find(({ taskSet }) => taskSet?.clientToken === clientToken) : undefined;
    if (known !== undefined) return { taskSet: await describeTaskSet(transaction, service, known, now) };
    const definition = await requireTaskDefinition(transaction, context, input.taskDefinition);
    const set = newTaskSet(input, { cluster, service, definition, others, now, newId: context.newId });
    await transaction.put(serviceRevisions, set);
    await transaction.put(services, { ...service, blocked: undefined, steadyAt: undefined });
    const shown = await describeTaskSet(transaction, service, set, now);
    return { taskSet: shown && { ...shown, stabilityStatus: 'STABILIZING' } };
  });
};
