import type { Handler, ecs } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';
import { containerInstanceView } from '../domain/container-instance/view.ts';
import { invalidParameter } from '../domain/errors.ts';
import { advance } from '../domain/task/lifecycle.ts';
import { instanceDeregistered } from '../domain/task/stop-reason.ts';
import { requireCluster } from '../queries/clusters.ts';
import { liveTasksOn, requireContainerInstance } from '../queries/container-instances.ts';
import { containerInstances, tasks } from '../records.ts';
import type { ContainerInstanceRecord } from '../records.ts';

/**
 * Takes an instance out of its cluster. With `force` its tasks are given up: nobody will hear of them again,
 * so they are STOPPED at once, while their containers may go on.
 */
export const DeregisterContainerInstance: Handler<ecs.Operations, 'DeregisterContainerInstance', EcsContext> = async (
  input,
  context,
) =>
  context.store.update(async (transaction) => {
    const { record: cluster } = await requireCluster(transaction, context, input.cluster);
    const row = await requireContainerInstance(transaction, cluster, input.containerInstance);
    const live = await liveTasksOn(transaction, row.record);
    if (live.length > 0 && input.force !== true) throw invalidParameter('Found running tasks on the instance.');
    const at = context.now();
    for (const { record } of live) {
      const outcome = advance(record, { kind: 'lost', stopCode: 'UserInitiated', reason: instanceDeregistered, at });
      if (outcome.kind === 'moved') await transaction.put(tasks, outcome.task);
    }
    const record: ContainerInstanceRecord = { ...row.record, status: 'INACTIVE', deregisteredAt: at };
    await transaction.put(containerInstances, record);
    return { containerInstance: containerInstanceView({ record, version: row.version + 1 }, {}, ['TAGS']) };
  });
