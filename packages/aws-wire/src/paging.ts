/**
 * Pagination tokens. A token carries the last key of the page before, so that a page continues behind it
 * whatever was inserted or deleted meanwhile; to clients it is opaque text. Tokens hold no secret and need no
 * key: a forged one only names another place in the caller's own list.
 */

/** Any JSON value as an opaque URL-safe token. */
export const encodeToken = (value: unknown): string => Buffer.from(JSON.stringify(value), 'utf8').toString('base64url');

/** What the token carries, or undefined when it was not made by {@link encodeToken}: answer the service's InvalidParameterException. */
export const decodeToken = (token: string): unknown => {
  if (!/^[A-Za-z0-9_-]+$/.test(token)) return undefined;
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString('utf8')) as unknown;
  } catch {
    return undefined;
  }
};
