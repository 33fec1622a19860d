import type { Handler, ecs } from '@oreno/aws-wire';
import type { Row } from '@oreno/store';
import type { EcsContext } from '../context.ts';
import { idInCluster } from '../domain/cluster-reference.ts';
import { containerInstanceArn } from '../domain/ecs-arn.ts';
import { clientException, invalidParameter } from '../domain/errors.ts';
import { requireCluster } from '../queries/clusters.ts';
import { findContainerInstance } from '../queries/container-instances.ts';
import { containerInstances } from '../records.ts';
import type { ContainerInstanceRecord } from '../records.ts';
import { describeInstances } from './container-instance-views.ts';

const MOST = 10;

/** Lets instances take new tasks (ACTIVE) or no more (DRAINING). */
export const UpdateContainerInstancesState: Handler<
  ecs.Operations,
  'UpdateContainerInstancesState',
  EcsContext
> = async (input, context) => {
  const { status } = input;
  if (input.containerInstances.length === 0) throw clientException('Container Instances cannot be empty.');
  if (input.containerInstances.length > MOST) {
    throw invalidParameter(`At most ${MOST} container instances can be updated.`);
  }
  if (status !== 'ACTIVE' && status !== 'DRAINING') {
    throw invalidParameter('Container instance status should be one of [ACTIVE, DRAINING]');
  }
  const rows: Row<ContainerInstanceRecord>[] = [];
  const failures: ecs.Failure[] = [];
  await context.store.update(async (transaction) => {
    const { record: cluster } = await requireCluster(transaction, context, input.cluster);
    for (const reference of input.containerInstances) {
      const row = await findContainerInstance(transaction, cluster, reference);
      if (row === undefined || row.record.status === 'INACTIVE') {
        const id = idInCluster(reference, 'container-instance', cluster.clusterName, context);
        const arn = containerInstanceArn(context, cluster.clusterName, id);
        failures.push({ arn, reason: row === undefined ? 'MISSING' : 'INACTIVE' });
        continue;
      }
      if (row.record.status === status) {
        rows.push(row);
        continue;
      }
      const record: ContainerInstanceRecord = { ...row.record, status };
      await transaction.put(containerInstances, record);
      rows.push({ record, version: row.version + 1 });
    }
  });
  return { containerInstances: await describeInstances(context, rows, ['TAGS']), failures };
};
