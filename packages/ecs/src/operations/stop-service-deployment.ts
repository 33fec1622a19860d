import { AwsError } from '@oreno/aws-wire';
import type { Handler, ecs } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';
import { partOfService } from '../domain/service/arns.ts';
import { lastCompletedRevision, serviceDeploymentNotFound } from '../queries/services.ts';
import { serviceDeployments } from '../service-records.ts';

const conflict = (message: string): AwsError => new AwsError('ConflictException', message);

/**
 * Ends a deployment that is under way: the scheduler goes back to the last revision that was completed, or with
 * ABORT leaves everything as it is.
 */
export const StopServiceDeployment: Handler<ecs.Operations, 'StopServiceDeployment', EcsContext> = async (
  input,
  context,
) => {
  const { serviceDeploymentArn, stopType = 'ROLLBACK' } = input;
  const { key, id } = partOfService(serviceDeploymentArn, 'service-deployment', context);
  return context.store.update(async (transaction) => {
    const row = await transaction.get(serviceDeployments, { ...key, serviceDeploymentId: id });
    if (row === undefined) throw serviceDeploymentNotFound('StopServiceDeployment');
    const { record } = row;
    if (record.stopRequested !== undefined) return { serviceDeploymentArn };
    if (record.status !== 'IN_PROGRESS' && record.status !== 'PENDING') {
      throw conflict(`The service deployment is ${record.status} and cannot be stopped.`);
    }
    if (stopType === 'ROLLBACK' && (await lastCompletedRevision(transaction, key)) === undefined) {
      throw conflict('The service has no earlier revision that was completed: there is nothing to roll back to.');
    }
    await transaction.put(serviceDeployments, {
      ...record,
      stopRequested: stopType,
      status: stopType === 'ROLLBACK' ? 'ROLLBACK_REQUESTED' : 'STOP_REQUESTED',
      updatedAt: context.now(),
    });
    return { serviceDeploymentArn };
  });
};
