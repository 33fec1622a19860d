import { AwsError } from '@oreno/aws-wire';
import type { Handler, ecs } from '@oreno/aws-wire';
import type { WriteTransaction } from '@oreno/store';
import type { EcsContext } from '../context.ts';
import { looksLikeArn, taskDefinitionArn } from '../domain/ecs-arn.ts';
import { invalidParameter } from '../domain/errors.ts';
import { taskDefinitionReference } from '../domain/task-definition/reference.ts';
import type { TaskDefinitionReference } from '../domain/task-definition/reference.ts';
import { deletionRequested } from '../domain/task-definition/status.ts';
import { findTaskDefinition } from '../queries/task-definitions.ts';
import { taskDefinitions } from '../records.ts';

const MOST = 10;

const INVALID = 'The specified task definition identifier is invalid. Specify a valid name or ARN and try again.';
const MISSING =
  'The specified task definition does not exist. Specify a valid account, family, revision and try again.';
const STILL_ACTIVE =
  'The specified task definition is still in ACTIVE status. Please deregister the target and try again.';

/**
 * Asks for deregistered revisions to be deleted: they are DELETE_IN_PROGRESS until nothing runs of them, and
 * the reconciler of task definitions takes them away then.
 */
export const DeleteTaskDefinitions: Handler<ecs.Operations, 'DeleteTaskDefinitions', EcsContext> = async (
  { taskDefinitions: references },
  context,
) => {
  if (references.length === 0) {
    throw invalidParameter('size of TaskDefinition references list must be greater than 0');
  }
  if (references.length > MOST) {
    throw invalidParameter(`Size of TaskDefinition references list cannot exceed ${MOST}`);
  }
  return context.store.update(async (transaction) => {
    const deleted: ecs.TaskDefinition[] = [];
    const failures: ecs.Failure[] = [];
    for (const text of references) {
      const outcome = await requestDeletion(transaction, context, text);
      if ('reason' in outcome) failures.push(outcome);
      else deleted.push(outcome);
    }
    return { taskDefinitions: deleted, failures };
  });
};

type Refusal = ecs.Failure & { readonly reason: string };

const requestDeletion = async (
  transaction: WriteTransaction,
  context: EcsContext,
  text: string,
): Promise<ecs.TaskDefinition | Refusal> => {
  const reference = readReference(text, context);
  const arn = reference?.revision === undefined ? text : arnOf(text, reference, context);
  if (reference?.revision === undefined) return { arn, reason: INVALID };
  const row = await findTaskDefinition(transaction, context, reference);
  if (row === undefined) return { arn, reason: MISSING };
  if (row.record.status === 'ACTIVE') return { arn, reason: STILL_ACTIVE };
  const record = deletionRequested(row.record, context.now());
  if (record !== row.record) await transaction.put(taskDefinitions, record);
  return record.definition;
};

const arnOf = (text: string, { family, revision = 0 }: TaskDefinitionReference, context: EcsContext): string =>
  looksLikeArn(text) ? text : taskDefinitionArn(context, family, revision);

/** An identifier that cannot be read is one failure among the others, not the end of the call. */
const readReference = (text: string, context: EcsContext): TaskDefinitionReference | undefined => {
  try {
    return taskDefinitionReference(text, context);
  } catch (error) {
    if (error instanceof AwsError) return undefined;
    throw error;
  }
};
