/** ARNs of alarms: `arn:aws:cloudwatch:REGION:ACCOUNT:alarm:NAME`. */
import { formatArn, parseArn } from '@oreno/aws-wire';

export interface AlarmScope {
  readonly account: string;
  readonly region: string;
}

export const alarmArn = ({ account, region }: AlarmScope, alarmName: string): string =>
  formatArn({ service: 'cloudwatch', region, account, resource: `alarm:${alarmName}` });

/** The name of the alarm that an ARN of this account and region means; undefined for anything else. */
export const alarmNameOfArn = (arn: string, { account, region }: AlarmScope): string | undefined => {
  const parts = parseArn(arn);
  if (parts?.service !== 'cloudwatch' || parts.account !== account || parts.region !== region) return undefined;
  return /^alarm:(.+)$/s.exec(parts.resource)?.[1];
};
