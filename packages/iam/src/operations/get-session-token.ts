import { AwsError } from '@oreno/aws-wire';
import type { Handler, sts } from '@oreno/aws-wire';
import type { IamContext } from '../context.ts';

/** Twelve hours; one for root, which may not ask for more. */
const usualSeconds = 43_200;
const rootSeconds = 3600;

/**
 * Temporary credentials for the caller, who must have signed with lasting ones.
 * https://docs.aws.amazon.com/STS/latest/APIReference/API_GetSessionToken.html
 */
export const GetSessionToken: Handler<sts.Operations, 'GetSessionToken', IamContext> = async (
  { DurationSeconds },
  { principal, sessions },
) => {
  if (principal.accessKeyId.startsWith('ASIA')) {
    throw new AwsError('AccessDeniedException', 'Cannot call GetSessionToken with session credentials');
  }
  const wanted = DurationSeconds ?? usualSeconds;
  const session = sessions.renew(principal, principal.type === 'root' ? Math.min(wanted, rootSeconds) : wanted);
  return {
    Credentials: {
      AccessKeyId: session.accessKeyId,
      SecretAccessKey: session.secretAccessKey,
      SessionToken: session.sessionToken,
      Expiration: session.expiration,
    },
  };
};
