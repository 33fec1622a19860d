/**
 * Which resources a call touches, for policies to name: alarms. Metrics have no ARNs.
 * Page: "Actions, resources, and condition keys for Amazon CloudWatch" in the service authorization reference.
 */
import { formatArn } from '@oreno/aws-wire';
import type { RequestContext } from '@oreno/aws-wire';

interface Named {
  readonly AlarmName?: string | undefined;
  readonly AlarmNames?: readonly string[] | undefined;
  readonly ResourceARN?: string | undefined;
}

/** Those that are about all alarms where the request names none. */
const describing: ReadonlySet<string> = new Set(['DescribeAlarmHistory', 'DescribeAlarms']);

const alarmArn = ({ account, region }: RequestContext, name: string): string =>
  formatArn({ partition: 'aws', service: 'cloudwatch', region, account, resource: `alarm:${name}` });

/** The ARNs that a call touches; `*` where it is about no alarm. */
export const resourcesOf = (operation: string, input: unknown, context: RequestContext): readonly string[] => {
  const { AlarmName, AlarmNames = [], ResourceARN } = input as Named;
  if (ResourceARN !== undefined) return [ResourceARN];
  const names = AlarmName === undefined ? AlarmNames : [AlarmName];
  if (names.length > 0) return names.map((name) => alarmArn(context, name));
  return describing.has(operation) ? [alarmArn(context, '*')] : ['*'];
};
