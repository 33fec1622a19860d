import type { Handler, ecs } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';
import { invalidParameter } from '../domain/errors.ts';
import { partOfService } from '../domain/service/arns.ts';
import { countTasks, serviceDeploymentView } from '../domain/service/view.ts';
import { findService } from '../queries/services.ts';
import { serviceDeployments } from '../service-records.ts';

const mostArns = 20;

/** Describes up to 20 service deployments by their ARNs. What is not there is a failure. */
export const DescribeServiceDeployments: Handler<ecs.Operations, 'DescribeServiceDeployments', EcsContext> = async (
  input,
  context,
) => {
  const arns = [...new Set(input.serviceDeploymentArns)];
  if (arns.length === 0) throw invalidParameter('serviceDeploymentArns cannot be empty.');
  if (arns.length > mostArns) throw invalidParameter(`serviceDeploymentArns can have at most ${mostArns} items.`);
  const parts = arns.map((arn) => ({ arn, ...partOfService(arn, 'service-deployment', context) }));
  return context.store.read(async (transaction) => {
    const found: ecs.ServiceDeployment[] = [];
    const failures: ecs.Failure[] = [];
    for (const { arn, key, id } of parts) {
      const row = await transaction.get(serviceDeployments, { ...key, serviceDeploymentId: id });
      const service = await findService(transaction, key);
      if (row === undefined || service === undefined) {
        failures.push({ arn, reason: 'MISSING' });
        continue;
      }
      const counts = countTasks((await context.serviceTasks.of(transaction, key)).values());
      found.push(serviceDeploymentView(row.record, service.record.desiredCount, counts));
    }
    return { serviceDeployments: found, failures };
  });
};
