import type { Handler, ecs } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';
import { invalidParameter } from '../domain/errors.ts';
import { partOfService } from '../domain/service/arns.ts';
import { serviceDeploymentNotFound } from '../queries/services.ts';
import { serviceDeployments } from '../service-records.ts';

/**
 * Lets a deployment go on that waits at a lifecycle hook. Hooks belong to deployment strategies that services
 * here cannot have, so no deployment ever has the hook that is named: what AWS answers for such a one.
 */
export const ContinueServiceDeployment: Handler<ecs.Operations, 'ContinueServiceDeployment', EcsContext> = async (
  { serviceDeploymentArn, hookId },
  context,
) => {
  const { key, id } = partOfService(serviceDeploymentArn, 'service-deployment', context);
  const found = await context.store.read((transaction) =>
    transaction.get(serviceDeployments, { ...key, serviceDeploymentId: id }),
  );
  if (found === undefined) throw serviceDeploymentNotFound('ContinueServiceDeployment');
  throw invalidParameter(`The service deployment has no lifecycle hook ${hookId} that is awaiting action.`);
};
