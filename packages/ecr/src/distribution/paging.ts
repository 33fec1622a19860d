/** Pages of lists: `n`, `last` and the `Link` to the next page (OCI distribution specification, "Listing Tags"). */
import { registryError } from './registry-error.ts';

/** More than this is never answered at once: ECR's own limit. */
const largestPage = 1000;

export interface Page {
  readonly limit: number;
  /** Start behind this entry. */
  readonly last: string | undefined;
}

/** Reads a page from the query; throws UNSUPPORTED with status 400 when `n` is not a number from 0. */
export const readPage = (query: URLSearchParams): Page => {
  const n = query.get('n');
  if (n !== null && !/^\d{1,15}$/.test(n)) {
    throw registryError('UNSUPPORTED', "Invalid parameter at 'n': it must be a number from 0", { status: 400 });
  }
  return { limit: n === null ? largestPage : Math.min(Number(n), largestPage), last: query.get('last') ?? undefined };
};

/** The header that names the page behind `last`; none when this page is the last one. */
export const linkTo = (
  path: string,
  query: URLSearchParams,
  last: string | undefined,
): Readonly<Record<string, string>> => {
  if (last === undefined) return {};
  const next = new URLSearchParams(query);
  next.set('last', last);
  return { Link: `<${path}?${next.toString()}>; rel="next"` };
};
