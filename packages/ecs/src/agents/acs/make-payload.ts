/** Makes the payload of a task from its records and freshly issued credentials, or ends a task that has none. */
import { parseArn } from '@oreno/aws-wire';
import type { ContainerInstanceRecord, TaskRecord } from '../../records.ts';
import { roleNeeds } from '../payload/role-needs.ts';
import type { TaskPayload } from '../payload/task-payload.ts';
import { runPayload, stopPayload } from '../payload/task-payload.ts';
import type { PayloadTask, RoleCredentials, RoleType } from './messages.ts';
import type { AcsServices } from './services.ts';
import { writeUndeliverable } from './task-writes.ts';

const isRole = (text: string): boolean => {
  const arn = parseArn(text);
  return arn?.service === 'iam' && arn.resource.startsWith('role/');
};

const cannotAssume = (roleArn: string): string =>
  `ECS was unable to assume the role '${roleArn}' that was provided for this task. Please verify that the role being passed has the proper trust relationship and permissions and that your IAM user has permissions to pass this role.`;

const build = async (
  task: TaskRecord,
  instance: ContainerInstanceRecord,
  { definitions, credentials: desk, registries, logsOrigin }: AcsServices,
): Promise<TaskPayload> => {
  const definition = await definitions.read(task);
  if (definition === undefined) {
    return { kind: 'undeliverable', reason: 'ResourceInitializationError: the task definition was deleted' };
  }
  const credentials: Partial<Record<RoleType, RoleCredentials>> = {};
  for (const need of roleNeeds(task, definition)) {
    if (!isRole(need.roleArn)) return { kind: 'undeliverable', reason: cannotAssume(need.roleArn) };
    credentials[need.roleType] = await desk.issue(need, task.taskId);
  }
  return runPayload({ task, definition, instance, credentials, registries, logsOrigin });
};

/** What the agent is told of the task now; undefined when it cannot be told, and then the task has been stopped. */
export const makePayload = async (
  task: TaskRecord,
  instance: ContainerInstanceRecord,
  services: AcsServices,
): Promise<PayloadTask | undefined> => {
  if (task.desiredStatus === 'STOPPED') return stopPayload(task);
  const payload = await build(task, instance, services);
  if (payload.kind === 'deliverable') return payload.task;
  await writeUndeliverable(services.store, task, payload.reason, services.now());
  return undefined;
};
