import type { Handler, ecs } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';
import { hooksNow } from '../domain/deployment/stages.ts';
import { invalidParameter } from '../domain/errors.ts';
import { partOfService } from '../domain/service/arns.ts';
import { isUnderWay, serviceDeploymentNotFound } from '../queries/services.ts';
import { serviceDeployments } from '../service-records.ts';

/** Lets a deployment go on that is paused at a hook, or has it go back; the scheduler carries that out. */
export const ContinueServiceDeployment: Handler<ecs.Operations, 'ContinueServiceDeployment', EcsContext> = async (
  { serviceDeploymentArn, hookId, action = 'CONTINUE' },
  context,
) => {
  const { key, id } = partOfService(serviceDeploymentArn, 'service-deployment', context);
  return context.store.update(async (transaction) => {
    const record = (await transaction.get(serviceDeployments, { ...key, serviceDeploymentId: id }))?.record;
    if (record === undefined) throw serviceDeploymentNotFound('ContinueServiceDeployment');
    const waits = hooksNow(record).some((hook) => hook.hookId === hookId && hook.status === 'AWAITING_ACTION');
    if (!waits || !isUnderWay(record)) {
      throw invalidParameter(`The service deployment has no lifecycle hook ${hookId} that is awaiting action.`);
    }
    const status = action === 'CONTINUE' ? ('SUCCEEDED' as const) : ('FAILED' as const);
    const hooks = (record.hooks ?? []).map((hook) => (hook.hookId === hookId ? { ...hook, status } : hook));
    await transaction.put(serviceDeployments, { ...record, hooks, updatedAt: context.now() });
    return { serviceDeploymentArn };
  });
};
