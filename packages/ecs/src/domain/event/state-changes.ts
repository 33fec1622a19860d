/**
 * Decides whether a written task or container instance is an event: when anything but its version and tags looks
 * different from outside. Pages: "Amazon ECS task state change events" and "Amazon ECS container instance state
 * change events" in the ECS developer guide.
 */
import { isDeepStrictEqual } from 'node:util';
import type { EventDraft } from '@oreno/events';
import type { ContainerInstanceRecord, TaskRecord } from '../../records.ts';
import { containerInstanceView, type InstanceFacts } from '../container-instance/view.ts';
import { taskView } from '../task/view.ts';

/** A row that a transaction wrote: as it was (absent for a new one) and as it is. */
export interface RowChange<R> {
  readonly before?: R | undefined;
  readonly after: R;
  readonly version: number;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const taskDiffers = (before: TaskRecord, after: TaskRecord): boolean =>
  before.lastStatus !== after.lastStatus ||
  before.desiredStatus !== after.desiredStatus ||
  !isDeepStrictEqual(taskView(before, 0, false), taskView(after, 0, false));

/** "ECS Task State Change": the task as DescribeTasks shows it, without tags. */
export const taskStateChange = ({ before, after, version, now }: RowChange<TaskRecord>): readonly EventDraft[] => {
  if (before !== undefined && !taskDiffers(before, after)) return [];
  const { tags: _, ...detail } = taskView(after, version, false);
  const of = { source: 'aws.ecs', detailType: 'ECS Task State Change' } as const;
  return [{ ...of, scope: after, resources: [after.taskArn], detail: { ...detail, updatedAt: now } }];
};

/** Whether an instance looks different; what its tasks leave of it is not looked at. */
export const instanceDiffers = ({ before, after }: RowChange<ContainerInstanceRecord>): boolean =>
  before === undefined ||
  !isDeepStrictEqual(
    containerInstanceView({ record: before, version: 0 }, {}),
    containerInstanceView({ record: after, version: 0 }, {}),
  );

/** "ECS Container Instance State Change": the instance as DescribeContainerInstances shows it, without tags. */
export const instanceStateChange = (
  { after, version, now }: RowChange<ContainerInstanceRecord>,
  facts: InstanceFacts,
): EventDraft => {
  const { tags: _, ...shown } = containerInstanceView({ record: after, version }, facts);
  const cluster = after.containerInstanceArn.replace(/:container-instance\/(.*)\/[^/]+$/, ':cluster/$1');
  return {
    source: 'aws.ecs',
    detailType: 'ECS Container Instance State Change',
    scope: after,
    resources: [after.containerInstanceArn],
    detail: { ...shown, clusterArn: cluster, updatedAt: now },
  };
};
