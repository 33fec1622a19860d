/**
 * Amazon Resource Names, `arn:partition:service:region:account:resource`, taken apart and put together in one
 * place. The resource part may itself hold colons and slashes and is kept as one text.
 * See "Identify AWS resources with Amazon Resource Names (ARNs)" in the IAM user guide.
 */
export interface Arn {
  readonly partition: string;
  readonly service: string;
  /** Empty for services without regions (iam). */
  readonly region: string;
  /** Twelve digits, `aws` for managed policies, or empty. */
  readonly account: string;
  /** For example `cluster/default` or `log-group:/ecs/hello:*`. */
  readonly resource: string;
}

/** The ARN as text; the partition is `aws` when not given. */
export const formatArn = ({
  partition = 'aws',
  service,
  region,
  account,
  resource,
}: Omit<Arn, 'partition'> & { readonly partition?: string }): string =>
  `arn:${partition}:${service}:${region}:${account}:${resource}`;

const arnPattern = /^arn:([a-z][a-z0-9-]*):([a-z0-9-]+):([a-z0-9-]*):([0-9]{12}|aws|):(.+)$/s;

/** The parts of an ARN, or undefined when the text is not one. */
export const parseArn = (text: string): Arn | undefined => {
  const match = arnPattern.exec(text);
  if (match === null) return undefined;
  const [, partition = '', service = '', region = '', account = '', resource = ''] = match;
  return { partition, service, region, account, resource };
};
