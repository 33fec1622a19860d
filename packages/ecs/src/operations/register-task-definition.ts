import type { Handler, ecs } from '@oreno/aws-wire';
import { validateTags } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';
import { validatePlacementExpressions } from '../domain/task-definition/placement-expressions.ts';
import { newTaskDefinition } from '../domain/task-definition/register.ts';
import { validateRegistration } from '../domain/task-definition/validate.ts';
import { families, taskDefinitions } from '../records.ts';

/** Registers the next revision of a family. Revision numbers are never used again, not even after a deletion. */
export const RegisterTaskDefinition: Handler<ecs.Operations, 'RegisterTaskDefinition', EcsContext> = async (
  input,
  context,
) => {
  validateRegistration(input);
  validatePlacementExpressions(input);
  validateTags(input.tags);
  const { account, region, principal, store } = context;
  const registeredAt = context.now();
  const record = await store.update(async (transaction) => {
    const key = { account, region, family: input.family };
    const revision = ((await transaction.get(families, key))?.record.latestRevision ?? 0) + 1;
    const registered = newTaskDefinition(context, input, { revision, registeredAt, registeredBy: principal.arn });
    await transaction.put(families, { ...key, latestRevision: revision });
    await transaction.insert(taskDefinitions, registered);
    return registered;
  });
  return {
    taskDefinition: record.definition,
    ...(record.tags.length > 0 ? { tags: record.tags } : {}),
  };
};
