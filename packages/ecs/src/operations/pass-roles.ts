/**
 * Whether somebody may hand the roles of a task definition to its tasks: whoever names a role for others to act
 * as needs `iam:PassRole` on it. AWS documentation: "Grant a user permissions to pass a role to an AWS service" in
 * the IAM user guide; RegisterTaskDefinition, RunTask, StartTask and CreateService in the service authorization reference.
 */
import type { EcsContext } from '../context.ts';
import { roleArn } from '../domain/task-definition/roles.ts';
import { taskDefinitionReference } from '../domain/task-definition/reference.ts';
import { findTaskDefinition } from '../queries/task-definitions.ts';

interface Roles {
  readonly taskRoleArn?: string | undefined;
  readonly executionRoleArn?: string | undefined;
}

/** Throws AccessDeniedException for a role that the caller may not pass. Overrides go before a definition's own roles. */
export const passRoles = async (context: EcsContext, definition: Roles, overrides: Roles = {}): Promise<void> => {
  const taskRoleArn = overrides.taskRoleArn ?? definition.taskRoleArn;
  const executionRoleArn = overrides.executionRoleArn ?? definition.executionRoleArn;
  const roles = [taskRoleArn, executionRoleArn].filter((role) => role !== undefined && role !== '');
  const arns = [...new Set(roles.map((role) => roleArn(context.account, role ?? '')))];
  if (arns.length > 0) await context.authorize('iam:PassRole', arns);
};

/** The same for a task definition by its name; one that is not there is the operation's own to refuse. */
export const passRolesOf = async (context: EcsContext, taskDefinition: string | undefined): Promise<void> => {
  // The root user may pass any role, and need not wait for a look.
  if (taskDefinition === undefined || taskDefinition === '' || context.principal.type === 'root') return;
  const reference = taskDefinitionReference(taskDefinition, context);
  const found = await context.store.read((transaction) => findTaskDefinition(transaction, context, reference));
  if (found !== undefined) await passRoles(context, found.record.definition);
};
