/**
 * Which roles' credentials a task's containers and its agent work with. Pure.
 */
import type { TaskDefinitionRecord, TaskRecord } from '../../records.ts';
import type { RoleType } from '../acs/messages.ts';
import { effectiveTask } from './overrides.ts';

/** One role of a task: its credentials keep this id for the task's whole life. */
export interface RoleNeed {
  readonly roleType: RoleType;
  readonly roleArn: string;
  readonly credentialsId: string;
}

const logsToAwslogs = (container: {
  readonly logConfiguration?: { readonly logDriver: string } | undefined;
}): boolean => container.logConfiguration?.logDriver === 'awslogs';

/**
 * The task role, where there is one, and the execution role: also a task that names none gets execution
 * credentials when it logs to awslogs, because the engine has no instance role of its own to fall back on.
 */
export const roleNeeds = (task: TaskRecord, definition: TaskDefinitionRecord): readonly RoleNeed[] => {
  const { containers, taskRoleArn, executionRoleArn } = effectiveTask(definition.definition, task.overrides);
  const needs: RoleNeed[] = [];
  if (taskRoleArn !== undefined) {
    needs.push({
      roleType: 'TaskApplication',
      roleArn: roleArnOf(taskRoleArn, task.account),
      credentialsId: task.credentialsId,
    });
  }
  if (executionRoleArn !== undefined || containers.some(logsToAwslogs)) {
    needs.push({
      roleType: 'TaskExecution',
      roleArn: roleArnOf(executionRoleArn ?? 'ecsTaskExecutionRole', task.account),
      credentialsId: task.executionCredentialsId,
    });
  }
  return needs;
};

/** A role may be named by its short name too (API reference, RegisterTaskDefinition). */
const roleArnOf = (role: string, account: string): string =>
  role.startsWith('arn:') ? role : `arn:aws:iam::${account}:role/${role}`;
