/**
 * Task protection: which tasks can have it, and how it is shown.
 * AWS documentation: "Protect your Amazon ECS tasks from being terminated by scale-in events".
 */
import type { ecs } from '@oreno/aws-wire';
import type { TaskRecord } from '../../records.ts';

/** Why a task cannot be protected: it is not there, is about to stop, or does not belong to a service. */
export const protectionRefusal = (
  task: TaskRecord | undefined,
): { readonly reason: string; readonly detail?: string } | undefined => {
  if (task === undefined) return { reason: 'MISSING' };
  if (!task.group.startsWith('service:')) {
    return { reason: 'TASK_NOT_VALID', detail: 'The task does not belong to a service.' };
  }
  return task.desiredStatus === 'STOPPED' ? { reason: 'TASK_NOT_VALID', detail: 'The task is stopping.' } : undefined;
};

/** A task's protection; without an end it is not protected. */
export const protectedTask = (taskArn: string, expiresAt: number | undefined): ecs.ProtectedTask => ({
  taskArn,
  protectionEnabled: expiresAt !== undefined,
  ...(expiresAt === undefined ? {} : { expirationDate: expiresAt }),
});
