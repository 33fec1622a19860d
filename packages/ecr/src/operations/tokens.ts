/** The `nextToken` of ECR's lists: opaque outside; inside, which list it is of and the key of the last entry. */
import { decodeToken, encodeToken } from '@oreno/aws-wire';
import type { ecr } from '@oreno/aws-wire';
import { invalidParameter } from '../domain/exceptions.ts';

export interface Tokens {
  /** A token that carries the strings. */
  readonly make: (...parts: readonly string[]) => string;
  /** The strings of a token; undefined for no token. Throws InvalidParameterException for one that is not of this list. */
  readonly read: (token: string | undefined) => readonly string[] | undefined;
}

/** The tokens of what an operation lists, of one repository or image where `of` names it. */
export const tokensOf = (operation: keyof ecr.Operations, of = ''): Tokens => ({
  make: (...parts) => encodeToken([operation, of, ...parts]),
  read: (token) => {
    if (token === undefined) return undefined;
    const carried: unknown = decodeToken(token);
    const parts = Array.isArray(carried) && carried.every((part) => typeof part === 'string') ? carried : [];
    if (parts[0] !== operation || parts[1] !== of) {
      throw invalidParameter('nextToken', 'must be a token that this operation returned');
    }
    return parts.slice(2);
  },
});
