import type { Handler, ecs } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';
import { invalidParameter } from '../domain/errors.ts';
import { requireCluster } from '../queries/clusters.ts';
import { currentDeployment, requireService, serviceNotFound } from '../queries/services.ts';
import { serviceDeployments, services } from '../service-records.ts';
import type { ServiceRecord } from '../service-records.ts';
import { describeService } from './service-answers.ts';

/** Lets a service drain: its tasks are stopped, and with the last one it is INACTIVE. */
export const DeleteService: Handler<ecs.Operations, 'DeleteService', EcsContext> = async (input, context) =>
  context.store.update(async (transaction) => {
    const { record: cluster } = await requireCluster(transaction, context, input.cluster);
    const { record } = await requireService(transaction, cluster, input.service);
    if (record.status === 'INACTIVE') throw serviceNotFound();
    if (record.status === 'DRAINING') return { service: await describeService(transaction, record, 'ifAny') };
    if (record.desiredCount > 0 && record.schedulingStrategy === 'REPLICA' && input.force !== true) {
      throw invalidParameter('The service cannot be stopped while it is scaled above 0.');
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
    return { service: await describeService(transaction, service, 'ifAny') };
  });
