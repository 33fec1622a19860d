import type { Handler, ecs } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';
import { invalidParameter } from '../domain/errors.ts';
import { serviceArn, serviceNameOf } from '../domain/service/arns.ts';
import { requireCluster } from '../queries/clusters.ts';
import { findService } from '../queries/services.ts';
import { describeService } from './service-answers.ts';

const mostServices = 10;

/** Describes up to ten services by name or ARN; a deleted one as INACTIVE for an hour. What is not there is a failure. */
export const DescribeServices: Handler<ecs.Operations, 'DescribeServices', EcsContext> = async (input, context) => {
  if (input.services.length === 0) throw invalidParameter('Services cannot be empty.');
  if (input.services.length > mostServices) {
    throw invalidParameter(`Services cannot have more than ${mostServices} elements.`);
  }
  const withTags = input.include?.includes('TAGS') === true;
  return context.store.read(async (transaction) => {
    const { record: cluster } = await requireCluster(transaction, context, input.cluster);
    const { account, region, clusterName } = cluster;
    const services: ecs.Service[] = [];
    const failures: ecs.Failure[] = [];
    for (const serviceName of new Set(input.services.map((each) => serviceNameOf(each, clusterName, context)))) {
      const row = await findService(transaction, { account, region, clusterName, serviceName });
      if (row === undefined) {
        failures.push({ arn: serviceArn(cluster, clusterName, serviceName), reason: 'MISSING' });
        continue;
      }
      const tasks = await context.serviceTasks.of(transaction, row.record);
      services.push(await describeService(transaction, row.record, withTags, context.now(), tasks));
    }
    return { services, failures };
  });
};
