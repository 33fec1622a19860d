/** Names and ARNs of log groups and streams, and the errors for those that are not there. */
import { AwsError, formatArn, parseArn, type RequestContext } from '@oreno/aws-wire';

/** The group's ARN as `logGroupArn` has it; `arn` of DescribeLogGroups ends in `:*` besides. */
export const logGroupArn = (scope: { readonly account: string; readonly region: string }, name: string): string =>
  formatArn({
    partition: 'aws',
    service: 'logs',
    region: scope.region,
    account: scope.account,
    resource: `log-group:${name}`,
  });

/** Refuses a group name outside CloudWatch's grammar: 1 to 512 of letters, digits and `. - _ / #`. */
export const checkGroupName = (name: string): void => {
  if (!/^[.\-_/#A-Za-z0-9]{1,512}$/.test(name)) {
    throw new AwsError(
      'InvalidParameterException',
      `1 validation error detected: Value '${name}' at 'logGroupName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+`,
    );
  }
  if (name.startsWith('aws/')) {
    throw new AwsError('InvalidParameterException', 'Log groups starting with aws/ are reserved for AWS.');
  }
};

/** Refuses a stream name outside CloudWatch's grammar: 1 to 512 characters without `:` and `*`. */
export const checkStreamName = (name: string): void => {
  if (!/^[^:*]{1,512}$/.test(name)) {
    throw new AwsError(
      'InvalidParameterException',
      `1 validation error detected: Value '${name}' at 'logStreamName' failed to satisfy constraint: Member must satisfy regular expression pattern: [^:*]*`,
    );
  }
};

/** The group's name from `logGroupName`, or from `logGroupIdentifier`, which is a name or an ARN. */
export const groupNameOf = (
  input: { readonly logGroupName?: string | undefined; readonly logGroupIdentifier?: string | undefined },
  context: RequestContext,
): string => {
  if (input.logGroupName !== undefined && input.logGroupIdentifier !== undefined) {
    throw new AwsError('ValidationException', 'LogGroup name and LogGroup ARN are mutually exclusive parameters.');
  }
  const named = input.logGroupName ?? input.logGroupIdentifier;
  if (named === undefined) {
    throw new AwsError('InvalidParameterException', 'Either logGroupName or logGroupIdentifier must be specified.');
  }
  return named.startsWith('arn:') ? groupNameOfArn(named, context) : named;
};

/** The name in a log group's ARN, with or without its trailing `:*`. Throws for ARNs of anything else. */
export const groupNameOfArn = (text: string, context: RequestContext): string => {
  const arn = parseArn(text);
  const name = /^log-group:([^:]+)(?::\*)?$/.exec(arn?.resource ?? '')?.[1];
  if (arn === undefined || arn.service !== 'logs' || name === undefined) {
    throw new AwsError('InvalidParameterException', `${text} is not the ARN of a log group.`);
  }
  if (arn.account !== context.account || arn.region !== context.region) throw noSuchGroup();
  return name;
};

export const noSuchGroup = (): AwsError =>
  new AwsError('ResourceNotFoundException', 'The specified log group does not exist.');

export const noSuchStream = (): AwsError =>
  new AwsError('ResourceNotFoundException', 'The specified log stream does not exist.');
