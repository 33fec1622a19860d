/**
 * Finding tasks that an agent runs and nobody wants: the server tells what it believes, the agent names what it
 * has beyond that, and the server says which of those are to stop. Pure.
 */
import { parseArn } from '@oreno/aws-wire';
import type { TaskRecord } from '../../records.ts';
import type { Members } from '../envelope.ts';
import { list, text } from '../envelope.ts';
import type { PayloadTask, TaskIdentifier } from './messages.ts';

/** The manifest's entries: every task that is not over, with the status it should have. */
export const manifestTasks = (tasks: readonly TaskRecord[]): readonly TaskIdentifier[] =>
  tasks
    .filter((task) => task.lastStatus !== 'STOPPED')
    .map((task) => ({ taskArn: task.taskArn, taskClusterArn: task.clusterArn, desiredStatus: task.desiredStatus }));

/** The tasks that an agent asks about; what is no task's ARN (agents have internal tasks) is left out. */
export const stopCandidates = (message: Members): readonly TaskIdentifier[] =>
  list(message, 'stopCandidates').flatMap((candidate) => {
    const taskArn = text(candidate, 'taskArn') ?? '';
    const arn = parseArn(taskArn);
    if (arn?.service !== 'ecs' || !arn.resource.startsWith('task/')) return [];
    return [{ taskArn, taskClusterArn: text(candidate, 'taskClusterArn') ?? '', desiredStatus: 'STOPPED' as const }];
  });

/** Whether a task should be running, as far as its record says; one that is not known should not. */
export const shouldRun = (task: TaskRecord | undefined): boolean =>
  task !== undefined && task.desiredStatus === 'RUNNING' && task.lastStatus !== 'STOPPED';

/** The order to stop a task that has no record any more. The agent knows it, so its containers need no naming. */
export const orphanPayload = (orphan: TaskIdentifier): PayloadTask => ({
  arn: orphan.taskArn,
  taskClusterArn: orphan.taskClusterArn,
  family: 'unknown',
  version: '0',
  desiredStatus: 'STOPPED',
  containers: [],
});

/**
 * Agents before 1.85.1 report a task as stopped when its stop was confirmed through the manifest, but leave its
 * containers running: those are told by a payload instead. A version that cannot be read counts as old.
 */
export const stopsThroughManifest = (agentVersion: string | undefined): boolean => {
  const [, major, minor, patch] = /^v?(\d+)\.(\d+)\.(\d+)/.exec(agentVersion ?? '') ?? [];
  if (major === undefined) return false;
  const [a, b, c] = [Number(major), Number(minor), Number(patch)];
  return a > 1 || (a === 1 && (b > 85 || (b === 85 && c >= 1)));
};
