import { AwsError, type Handler, type logs } from '@oreno/aws-wire';
import type { LogsContext } from '../context.ts';
import { checkGroupName } from '../domain/names.ts';
import { checkTags } from '../domain/tags.ts';
import { logGroups } from '../records.ts';

/** Makes a log group; keeps events for ever until a retention is put. AWS: CreateLogGroup. */
export const CreateLogGroup: Handler<logs.Operations, 'CreateLogGroup', LogsContext> = async (input, context) => {
  const { logGroupName, tags = {} } = input;
  checkGroupName(logGroupName);
  checkTags(tags);
  if (input.kmsKeyId !== undefined) {
    throw new AwsError(
      'InvalidParameterException',
      'kmsKeyId: this server has no key management service to encrypt with.',
    );
  }
  const result = await context.store.update((transaction) =>
    transaction.insert(logGroups, {
      account: context.account,
      region: context.region,
      logGroupName,
      createdAt: context.now(),
      logGroupClass: input.logGroupClass ?? 'STANDARD',
      deletionProtectionEnabled: input.deletionProtectionEnabled ?? false,
      tags,
      storedBytes: 0,
    }),
  );
  if (result === 'exists') {
    throw new AwsError('ResourceAlreadyExistsException', 'The specified log group already exists');
  }
};
