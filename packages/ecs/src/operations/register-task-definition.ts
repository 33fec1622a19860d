import type { Handler, ecs } from '@oreno/aws-wire';
import { validateTags } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';
import { validatePlacementExpressions } from '../domain/task-definition/placement-expressions.ts';
import { newTaskDefinition } from '../domain/task-definition/register.ts';
import { withoutEmptyRoles } from '../domain/task-definition/roles.ts';
import { validateRegistration } from '../domain/task-definition/validate.ts';
import { passRoles } from './pass-roles.ts';
import { families, taskDefinitions } from '../records.ts';

/** Registers the next revision of a family. Revision numbers are never used again, not even after a deletion. */
export const RegisterTaskDefinition: Handler<ecs.Operations, 'RegisterTaskDefinition', EcsContext> = async (
  input,
  context,
) => {
  const request = withoutEmptyRoles(input);
  validateRegistration(request);
  validatePlacementExpressions(request);
  validateTags(input.tags);
  await passRoles(context, request);
  const { account, region, principal, store } = context;
  const registeredAt = context.now();
  const record = await store.update(async (transaction) => {
    const key = { account, region, family: input.family };
    const revision = ((await transaction.get(families, key))?.record.latestRevision ?? 0) + 1;
    const registered = newTaskDefinition(context, request, { revision, registeredAt, registeredBy: principal.arn });
    await transaction.put(families, { ...key, latestRevision: revision });
    await transaction.insert(taskDefinitions, registered);
    return registered;
  });
  return {
    taskDefinition: record.definition,
    ...(record.tags.length > 0 ? { tags: record.tags } : {}),
  };
};
