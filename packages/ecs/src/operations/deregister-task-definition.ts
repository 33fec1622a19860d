import type { Handler, ecs } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';
import { clientException } from '../domain/errors.ts';
import { taskDefinitionReference } from '../domain/task-definition/reference.ts';
import { deregistered } from '../domain/task-definition/status.ts';
import { findTaskDefinition } from '../queries/task-definitions.ts';
import { taskDefinitions } from '../records.ts';

/** Makes a revision INACTIVE: what runs of it goes on, and nothing new is started from it. */
export const DeregisterTaskDefinition: Handler<ecs.Operations, 'DeregisterTaskDefinition', EcsContext> = async (
  input,
  context,
) => {
  const reference = taskDefinitionReference(input.taskDefinition, context);
  if (reference.revision === undefined) throw clientException('Revision is missing.');
  return context.store.update(async (transaction) => {
    const row = await findTaskDefinition(transaction, context, reference);
    if (row === undefined) throw clientException('Unable to describe task definition.');
    const record = deregistered(row.record, context.now());
    if (record !== row.record) await transaction.put(taskDefinitions, record);
    return { taskDefinition: record.definition };
  });
};
