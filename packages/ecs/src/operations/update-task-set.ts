import type { Handler, ecs } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';
import { invalidParameter } from '../domain/errors.ts';
import { scaleOf } from '../domain/service/task-set.ts';
import { serviceRevisions, services } from '../service-records.ts';
import type { ServiceRevisionRecord } from '../service-records.ts';
import { describeTaskSet, requireExternalService, requireTaskSet } from './task-set-answers.ts';

/** Gives a task set another share of the service's desired count. */
export const UpdateTaskSet: Handler<ecs.Operations, 'UpdateTaskSet', EcsContext> = async (input, context) =>
  context.store.update(async (transaction) => {
    const service = await requireExternalService(transaction, context, input);
    const before = await requireTaskSet(transaction, service, input.taskSet);
    if (before.taskSet === undefined || before.status === 'DRAINING') {
      throw invalidParameter('A task set that is DRAINING cannot be updated.');
    }
    const now = context.now();
    const taskSet = { ...before.taskSet, scale: scaleOf(input.scale) };
    const set: ServiceRevisionRecord = { ...before, taskSet, blocked: undefined, updatedAt: now };
    await transaction.put(serviceRevisions, set);
    await transaction.put(services, { ...service, blocked: undefined, steadyAt: undefined });
    return { taskSet: await describeTaskSet(transaction, service, set, now) };
  });
