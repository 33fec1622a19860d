/**
 * Which endpoint of the distribution protocol a path names. Repository names contain slashes and may contain the
 * protocol's own words (`a/tags`, `x/blobs/y`), so a path is read from the right; names and references are only
 * told apart here, not checked.
 */

export type Route =
  | { readonly endpoint: 'base' }
  | { readonly endpoint: 'catalog' }
  | { readonly endpoint: 'manifest'; readonly name: string; readonly reference: string }
  | { readonly endpoint: 'blob'; readonly name: string; readonly digest: string }
  | { readonly endpoint: 'uploads'; readonly name: string }
  | { readonly endpoint: 'upload'; readonly name: string; readonly uploadId: string }
  | { readonly endpoint: 'tags'; readonly name: string }
  | { readonly endpoint: 'referrers'; readonly name: string; readonly digest: string };

const decoded = (path: string): string | undefined => {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined;
  }
};

/** Reads the path of a request, without its query; undefined when it is no endpoint of the protocol. */
export const routeOf = (path: string): Route | undefined => {
  if (path === '/v2/' || path === '/v2') return { endpoint: 'base' };
  if (path === '/v2/_catalog') return { endpoint: 'catalog' };
  const rest = path.startsWith('/v2/') ? decoded(path.slice('/v2/'.length)) : undefined;
  if (rest === undefined) return undefined;
  const segments = rest.split('/');
  const last = segments.at(-1) ?? '';
  const verb = segments.at(-2) ?? '';
  const before = segments.at(-3) ?? '';
  const nameUpTo = (dropped: number): string => segments.slice(0, -dropped).join('/');

  if (verb === 'tags' && last === 'list') return { endpoint: 'tags', name: nameUpTo(2) };
  if (verb === 'manifests') return { endpoint: 'manifest', name: nameUpTo(2), reference: last };
  if (verb === 'referrers') return { endpoint: 'referrers', name: nameUpTo(2), digest: last };
  if (verb === 'uploads' && before === 'blobs') {
    return last === ''
      ? { endpoint: 'uploads', name: nameUpTo(3) }
      : { endpoint: 'upload', name: nameUpTo(3), uploadId: last };
  }
  if (verb === 'blobs') {
    return last === 'uploads'
      ? { endpoint: 'uploads', name: nameUpTo(2) }
      : { endpoint: 'blob', name: nameUpTo(2), digest: last };
  }
  return undefined;
};
