import type { Handler, sts } from '@oreno/aws-wire';
import type { IamContext } from '../context.ts';

/** Who signed the request. Needs no permission. https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
export const GetCallerIdentity: Handler<sts.Operations, 'GetCallerIdentity', IamContext> = async (
  _,
  { principal },
) => ({
  UserId: principal.userId,
  Account: principal.account,
  Arn: principal.arn,
});
