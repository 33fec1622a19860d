import type { Handler, ecs } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';
import { invalidParameter } from '../domain/errors.ts';
import { isExternal } from '../domain/service/external-controller.ts';
import { requireCluster } from '../queries/clusters.ts';
import { currentDeployment, requireService, serviceNotFound } from '../queries/services.ts';
import { serviceDeployments, services } from '../service-records.ts';
import type { ServiceRecord } from '../service-records.ts';
import { describeService } from './service-answers.ts';
import { taskSetsOf } from './task-set-answers.ts';

/** Lets a service drain: its tasks are stopped, and with the last one it is INACTIVE. */
export const DeleteService: Handler<ecs.Operations, 'DeleteService', EcsContext> = async (input, context) =>
  context.store.update(async (transaction) => {
    const { record: cluster } = await requireCluster(transaction, context, input.cluster);
    const { record } = await requireService(transaction, cluster, input.service);
    if (record.status === 'INACTIVE') throw serviceNotFound();
    if (record.status === 'DRAINING')
      return { service: await describeService(transaction, record, 'ifAny', context.now()) };
    if (record.desiredCount > 0 && record.schedulingStrategy === 'REPLICA' && input.force !== true) {
      throw invalidParameter('The service cannot be stopped while it is scaled above 0.');
    }
    if (isExternal(record) && input.force !== true && (await taskSetsOf(transaction, record)).length > 0) {
      throw invalidParameter('The service cannot be stopped while deployments are active.');
    }
    const service: ServiceRecord = { ...record, status: 'DRAINING', desiredCount: 0, blocked: undefined };
    await transaction.put(services, service);
    const deployment = await currentDeployment(transaction, service);
    if (deployment !== undefined) {
      const now = context.now();
      const end = { stoppedAt: now, finishedAt: now, updatedAt: now };
      const statusReason = 'The service was deleted.';
      await transaction.put(serviceDeployments, { ...deployment, ...end, status: 'STOPPED', statusReason });
    }
    return { service: await describeService(transaction, service, 'ifAny', context.now()) };
  });
