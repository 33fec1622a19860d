import type { Handler, ecs } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';
import { invalidParameter } from '../domain/errors.ts';
import { revisionSettings } from '../domain/service/new-service.ts';
import { serviceRevisions, services } from '../service-records.ts';
import type { ServiceRevisionRecord } from '../service-records.ts';
import { describeTaskSet, requireExternalService, requireTaskSet, taskSetsOf } from './task-set-answers.ts';

/** Makes a task set the one that stands for the service: what the set has, the service shows from then on. */
export const UpdateServicePrimaryTaskSet: Handler<ecs.Operations, 'UpdateServicePrimaryTaskSet', EcsContext> = async (
  input,
  context,
) =>
  context.store.update(async (transaction) => {
    const service = await requireExternalService(transaction, context, input);
    const chosen = await requireTaskSet(transaction, service, input.primaryTaskSet);
    if (chosen.status === 'DRAINING') throw invalidParameter('A task set that is DRAINING cannot be the primary one.');
    const now = context.now();
    for (const set of await taskSetsOf(transaction, service)) {
      if (set.status !== 'PRIMARY' || set.revisionId === chosen.revisionId) continue;
      const demoted: ServiceRevisionRecord = { ...set, status: 'ACTIVE', updatedAt: now };
      await transaction.put(serviceRevisions, demoted);
    }
    const primary: ServiceRevisionRecord = { ...chosen, status: 'PRIMARY', updatedAt: now };
    await transaction.put(serviceRevisions, primary);
    await transaction.put(services, { ...service, ...revisionSettings(primary) });
    return { taskSet: await describeTaskSet(transaction, service, primary, now) };
  });
