/** Reading the paging members that ECS's List operations share. */
import { decodeToken } from '@oreno/aws-wire';
import { invalidParameter } from './domain/errors.ts';

/**
 * How many entries a page may have. Throws InvalidParameterException outside 1 to `most`, which is also what a
 * request without `maxResults` gets.
 */
export const pageSize = (maxResults: number | undefined, most = 100): number => {
  if (maxResults === undefined) return most;
  if (!Number.isInteger(maxResults) || maxResults < 1 || maxResults > most) {
    throw invalidParameter(`maxResults must be between 1 and ${most}`);
  }
  return maxResults;
};

/**
 * The key that a page continues behind: the members that `shape` names, each of the type of its example.
 * Throws InvalidParameterException for a token that this operation did not make.
 */
export const pageKey = <Shape extends Readonly<Record<string, string | number>>>(
  token: string | undefined,
  shape: Shape,
): Shape | undefined => {
  if (token === undefined) return undefined;
  const key = decodeToken(token);
  const fits =
    typeof key === 'object' &&
    key !== null &&
    Object.entries(shape).every(([member, example]) => typeof Reflect.get(key, member) === typeof example);
  if (!fits) throw invalidParameter('Invalid token.');
  return key as Shape;
};
