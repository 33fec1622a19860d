/** The `nextToken` of ECR's lists: opaque outside, the key of the last entry inside. */
import { decodeToken, encodeToken } from '@oreno/aws-wire';
import { invalidParameter } from '../domain/exceptions.ts';

/** A token that carries the strings. */
export const tokenOf = (...parts: readonly string[]): string => encodeToken(parts);

/** The strings of a token; undefined for no token. Throws InvalidParameterException for any other. */
export const readToken = (token: string | undefined): readonly string[] | undefined => {
  if (token === undefined) return undefined;
  const parts: unknown = decodeToken(token);
  if (!Array.isArray(parts) || !parts.every((part): part is string => typeof part === 'string')) {
    throw invalidParameter('nextToken', 'must be a token that this operation returned');
  }
  return parts;
};
