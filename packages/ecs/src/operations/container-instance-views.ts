/** Describing container instances after a call: what is left of them comes from placement's view. */
import type { ecs } from '@oreno/aws-wire';
import type { Row } from '@oreno/store';
import type { EcsContext } from '../context.ts';
import { containerInstanceView } from '../domain/container-instance/view.ts';
import { liveTasksOn } from '../queries/container-instances.ts';
import type { ContainerInstanceRecord } from '../records.ts';

/** The views of instances, in their order. Call it outside a transaction, after what it shows was committed. */
export const describeInstances = async (
  { store, placement }: EcsContext,
  rows: readonly Row<ContainerInstanceRecord>[],
  include?: readonly ecs.ContainerInstanceField[],
): Promise<readonly ecs.ContainerInstance[]> => {
  const usages = await placement.usage(rows.map(({ record }) => record));
  const withGpus = rows.filter(({ record }) => record.registered.gpus.length > 0);
  const gpusInUse = new Map<string, ReadonlySet<string>>();
  if (withGpus.length > 0) {
    await store.read(async (transaction) => {
      for (const { record } of withGpus) {
        const live = await liveTasksOn(transaction, record);
        const held = live.flatMap((task) => task.record.containers.flatMap(({ gpuIds = [] }) => gpuIds));
        gpusInUse.set(record.containerInstanceArn, new Set(held));
      }
    });
  }
  return rows.map((row, index) => {
    const facts = { usage: usages[index], gpusInUse: gpusInUse.get(row.record.containerInstanceArn) };
    return containerInstanceView(row, facts, include);
  });
};
