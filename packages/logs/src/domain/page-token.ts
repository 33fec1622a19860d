/** Reading the `nextToken` of a listing back, with the one refusal that CloudWatch Logs has for all that are none. */
import { AwsError, decodeToken } from '@oreno/aws-wire';

/** The refusal of a token that this server did not make. */
export const invalidToken = (): AwsError =>
  new AwsError('InvalidParameterException', 'The specified nextToken is invalid.');

/** What the token carries as `read` finds it; undefined without a token. Throws when `read` finds nothing in it. */
export const readToken = <T>(
  text: string | undefined,
  read: (carried: Readonly<Record<string, unknown>>) => T | undefined,
): T | undefined => {
  if (text === undefined) return undefined;
  const carried = decodeToken(text);
  const found = typeof carried === 'object' && carried !== null ? read(carried as Record<string, unknown>) : undefined;
  if (found === undefined) throw invalidToken();
  return found;
};
