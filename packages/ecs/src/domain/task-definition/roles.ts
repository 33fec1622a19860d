/** The roles of a task definition: named by ARN or, for a role of the same account, by its name alone. */
import type { Check, Registration } from './check.ts';

const ROLE = /^(arn:[a-z-]+:iam::\d{12}:role\/[\w+=,.@/-]{1,512}|[\w+=,.@-]{1,64})$/;

/** Refuses what names no role. */
export const rolesAreValid: Check = ({ taskRoleArn, executionRoleArn }) =>
  [taskRoleArn, executionRoleArn].every((role) => role === undefined || ROLE.test(role))
    ? undefined
    : 'Role is not valid';

const withoutEmpty = (role: string | undefined): string | undefined => (role === '' ? undefined : role);

/** An empty role means none: tools that fill in forms send it so. */
export const withoutEmptyRoles = (request: Registration): Registration => ({
  ...request,
  taskRoleArn: withoutEmpty(request.taskRoleArn),
  executionRoleArn: withoutEmpty(request.executionRoleArn),
});

/** The ARN of a role that is named either way. */
export const roleArn = (account: string, role: string): string =>
  role.startsWith('arn:') ? role : `arn:aws:iam::${account}:role/${role}`;
