import { AwsError, encodeToken, type Handler, type logs } from '@oreno/aws-wire';
import type { LogsContext } from '../context.ts';
import { groupNameOfArn, logGroupArn } from '../domain/names.ts';
import { readToken } from '../domain/page-token.ts';
import { logGroups, type LogGroupRecord } from '../records.ts';

/** Lists groups by name, in ASCII order. AWS: DescribeLogGroups. */
export const DescribeLogGroups: Handler<logs.Operations, 'DescribeLogGroups', LogsContext> = async (input, context) => {
  const { limit = 50, logGroupNamePrefix, logGroupNamePattern, logGroupClass } = input;
  if (logGroupNamePrefix !== undefined && logGroupNamePattern !== undefined) {
    throw new AwsError(
      'InvalidParameterException',
      'LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.',
    );
  }
  if (input.accountIdentifiers?.some((id) => id !== context.account) === true) {
    throw new AwsError(
      'InvalidParameterException',
      'accountIdentifiers: no other account is linked with this one; log groups of its own are listed without.',
    );
  }
  const wanted = input.logGroupIdentifiers?.map((id) => (id.startsWith('arn:') ? groupNameOfArn(id, context) : id));
  const { account, region } = context;
  const after = readToken(input.nextToken, ({ after: last }) => (typeof last === 'string' ? last : undefined));
  const rows = await context.store.read((transaction) =>
    transaction.list(logGroups, {
      where: { account, region },
      prefix: logGroupNamePrefix,
      after: after === undefined ? undefined : { account, region, logGroupName: after },
      // A filter that the index cannot answer looks at every group; there are few.
      limit:
        logGroupNamePattern === undefined && logGroupClass === undefined && wanted === undefined
          ? limit + 1
          : undefined,
    }),
  );
  const found = rows
    .map((row) => row.record)
    .filter(
      (group) =>
        (logGroupNamePattern === undefined || group.logGroupName.includes(logGroupNamePattern)) &&
        (logGroupClass === undefined || group.logGroupClass === logGroupClass) &&
        (wanted === undefined || wanted.includes(group.logGroupName)),
    );
  const page = found.slice(0, limit);
  return {
    logGroups: page.map(describe),
    nextToken: found.length > limit ? encodeToken({ after: page.at(-1)?.logGroupName }) : undefined,
  };
};

const describe = (group: LogGroupRecord): logs.LogGroup => {
  const arn = logGroupArn(group, group.logGroupName);
  return {
    logGroupName: group.logGroupName,
    creationTime: group.createdAt,
    retentionInDays: group.retentionInDays,
    metricFilterCount: 0,
    arn: `${arn}:*`,
    storedBytes: group.storedBytes,
    logGroupClass: group.logGroupClass,
    logGroupArn: arn,
    deletionProtectionEnabled: group.deletionProtectionEnabled,
  };
};
