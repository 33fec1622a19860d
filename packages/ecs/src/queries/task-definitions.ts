/** Reading task definitions. */
import type { ReadTransaction, Row } from '@oreno/store';
import type { TaskDefinitionReference } from '../domain/task-definition/reference.ts';
import { taskDefinitions } from '../records.ts';
import type { Scope, TaskDefinitionRecord } from '../records.ts';

/** The latest ACTIVE revision of a family. */
export const latestActiveRevision = async (
  transaction: ReadTransaction,
  { account, region }: Scope,
  family: string,
): Promise<Row<TaskDefinitionRecord> | undefined> => {
  const [row] = await transaction.list(taskDefinitions, {
    index: 'byStatus',
    where: { account, region, status: 'ACTIVE', family },
    reverse: true,
    limit: 1,
  });
  return row;
};

/** The revision that a reference names, whatever its status; for a family alone, the latest ACTIVE one. */
export const findTaskDefinition = (
  transaction: ReadTransaction,
  scope: Scope,
  { family, revision }: TaskDefinitionReference,
): Promise<Row<TaskDefinitionRecord> | undefined> =>
  revision === undefined
    ? latestActiveRevision(transaction, scope, family)
    : transaction.get(taskDefinitions, { account: scope.account, region: scope.region, family, revision });
