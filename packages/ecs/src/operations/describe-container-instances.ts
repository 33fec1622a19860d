import type { Handler, ecs } from '@oreno/aws-wire';
import type { Row } from '@oreno/store';
import type { EcsContext } from '../context.ts';
import { idInCluster } from '../domain/cluster-reference.ts';
import { containerInstanceArn } from '../domain/ecs-arn.ts';
import { clientException, invalidParameter } from '../domain/errors.ts';
import { requireCluster } from '../queries/clusters.ts';
import { findContainerInstance } from '../queries/container-instances.ts';
import type { ContainerInstanceRecord } from '../records.ts';
import { describeInstances } from './container-instance-views.ts';

const MOST = 100;

/** Describes the named instances, those that were deregistered lately included; others are failures. */
export const DescribeContainerInstances: Handler<ecs.Operations, 'DescribeContainerInstances', EcsContext> = async (
  input,
  context,
) => {
  if (input.containerInstances.length === 0) throw clientException('Container Instances cannot be empty.');
  if (input.containerInstances.length > MOST) {
    throw invalidParameter(`At most ${MOST} container instances can be described.`);
  }
  const rows: Row<ContainerInstanceRecord>[] = [];
  const failures: ecs.Failure[] = [];
  await context.store.read(async (transaction) => {
    const { record: cluster } = await requireCluster(transaction, context, input.cluster);
    for (const reference of input.containerInstances) {
      const row = await findContainerInstance(transaction, cluster, reference);
      if (row !== undefined) {
        rows.push(row);
        continue;
      }
      const id = idInCluster(reference, 'container-instance', cluster.clusterName, context);
      failures.push({ arn: containerInstanceArn(context, cluster.clusterName, id), reason: 'MISSING' });
    }
  });
  return { containerInstances: await describeInstances(context, rows, input.include), failures };
};
