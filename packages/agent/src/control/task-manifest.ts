/**
 * The manifest: the control plane lists the tasks it believes are here; those that run and are not in the list are
 * named to it, and stopped once it confirms. Only the newest manifest can be confirmed, once.
 */
import type { AgentState } from '../domain/agent-state.ts';
import { deriveTask } from '../domain/derive-task.ts';
import type { TaskDriver } from '../lifecycle/task-driver.ts';
import type { TaskIdentifier, TaskManifestMessage, TaskStopVerificationAck } from '../protocol/acs-messages.ts';

export interface ManifestDesk {
  /** The tasks to ask about; undefined when the manifest is not newer than the last. */
  compare(message: TaskManifestMessage): readonly TaskIdentifier[] | undefined;
  confirm(message: TaskStopVerificationAck): void;
}

export interface ManifestOptions {
  readonly state: AgentState;
  readonly driver: Pick<TaskDriver, 'apply'>;
  readonly manifestTimeline: number;
  readonly onManifest: (timeline: number) => void;
}

export function createManifestDesk(options: ManifestOptions): ManifestDesk {
  let { manifestTimeline: last } = options;
  let pending: string | undefined;
  return {
    compare({ messageId, timeline, tasks = [] }) {
      if (!messageId || typeof timeline !== 'number' || timeline <= last) return undefined;
      last = timeline;
      pending = messageId;
      options.onManifest(timeline);
      const wanted = new Set(
        tasks.filter(({ desiredStatus }) => desiredStatus === 'RUNNING').map(({ taskArn }) => taskArn),
      );
      return [...options.state.tasks.values()]
        .filter(({ arn, desiredStatus }) => desiredStatus === 'RUNNING' && !wanted.has(arn))
        .map(({ arn, payload }) => ({
          taskArn: arn,
          taskClusterArn: payload.taskClusterArn ?? options.state.identity.cluster,
          desiredStatus: 'STOPPED' as const,
        }));
    },
    confirm({ messageId, stopTasks = [] }) {
      if (messageId !== pending) return;
      pending = undefined;
      for (const { taskArn, desiredStatus } of stopTasks) {
        if (desiredStatus !== 'STOPPED') continue;
        options.driver.apply(taskArn, (task, now) => deriveTask({ ...task, desiredStatus: 'STOPPED' }, now));
      }
    },
  };
}
