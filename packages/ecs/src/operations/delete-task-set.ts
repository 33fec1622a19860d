import type { Handler, ecs } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';
import { invalidParameter } from '../domain/errors.ts';
import { serviceRevisions, services } from '../service-records.ts';
import type { ServiceRevisionRecord } from '../service-records.ts';
import { describeTaskSet, requireExternalService, requireTaskSet } from './task-set-answers.ts';

/** Lets a task set drain; with its last task it is gone. One that is scaled above zero needs `force`. */
export const DeleteTaskSet: Handler<ecs.Operations, 'DeleteTaskSet', EcsContext> = async (input, context) =>
  context.store.update(async (transaction) => {
    const service = await requireExternalService(transaction, context, input);
    const before = await requireTaskSet(transaction, service, input.taskSet);
    const now = context.now();
    if (before.status === 'DRAINING') return { taskSet: await describeTaskSet(transaction, service, before, now) };
    if ((before.taskSet?.scale ?? 0) > 0 && input.force !== true) {
      throw invalidParameter('The task set cannot be deleted while it is scaled above 0. Scale it down, or use force.');
    }
    const set: ServiceRevisionRecord = { ...before, status: 'DRAINING', updatedAt: now };
    await transaction.put(serviceRevisions, set);
    await transaction.put(services, { ...service, steadyAt: undefined });
    return { taskSet: await describeTaskSet(transaction, service, set, now) };
  });
