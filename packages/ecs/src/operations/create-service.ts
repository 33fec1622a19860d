import type { Handler, ecs } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';
import { invalidParameter } from '../domain/errors.ts';
import { isExternal } from '../domain/service/external-controller.ts';
import { isSameCreation, newService, validateCreation } from '../domain/service/new-service.ts';
import { requireCluster } from '../queries/clusters.ts';
import { findService, forgetService } from '../queries/services.ts';
import { services } from '../service-records.ts';
import { requireTaskDefinition } from './launch-tasks.ts';
import { passRolesOf } from './pass-roles.ts';
import { describeService, startDeployment } from './service-answers.ts';

/** Makes a service and its first deployment; the scheduler does the rest. The same request again answers the same. */
export const CreateService: Handler<ecs.Operations, 'CreateService', EcsContext> = async (input, context) => {
  validateCreation(input);
  await passRolesOf(context, input.taskDefinition);
  return context.store.update(async (transaction) => {
    const { record: cluster } = await requireCluster(transaction, context, input.cluster);
    const definition = isExternal(input)
      ? undefined
      : await requireTaskDefinition(transaction, context, input.taskDefinition ?? '');
    const facts = { cluster, definition, createdBy: context.principal.arn, now: context.now() };
    const service = newService(input, facts);
    const existing = (await findService(transaction, service))?.record;
    if (existing?.status === 'DRAINING') {
      throw invalidParameter('Unable to Start a service that is still Draining.');
    }
    if (existing?.status === 'ACTIVE') {
      if (!isSameCreation(existing, service)) throw invalidParameter('Creation of service was not idempotent.');
      return { service: await describeService(transaction, existing, 'ifAny', context.now()) };
    }
    if (existing !== undefined) await forgetService(transaction, existing);
    await transaction.put(services, service);
    if (definition !== undefined) await startDeployment(transaction, service, context);
    return { service: await describeService(transaction, service, 'ifAny', context.now()) };
  });
};
