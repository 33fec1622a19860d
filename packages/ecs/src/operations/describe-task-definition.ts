import type { Handler, ecs } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';
import { clientException } from '../domain/errors.ts';
import { taskDefinitionReference } from '../domain/task-definition/reference.ts';
import { findTaskDefinition } from '../queries/task-definitions.ts';

/** Describes a revision, or the latest ACTIVE one of a family. */
export const DescribeTaskDefinition: Handler<ecs.Operations, 'DescribeTaskDefinition', EcsContext> = async (
  input,
  context,
) => {
  const reference = taskDefinitionReference(input.taskDefinition, context);
  const row = await context.store.read((transaction) => findTaskDefinition(transaction, context, reference));
  if (row === undefined) throw clientException('Unable to describe task definition.');
  return {
    taskDefinition: row.record.definition,
    ...(input.include?.includes('TAGS') === true ? { tags: row.record.tags } : {}),
  };
};
