/** The table of the distribution protocol: which methods each endpoint has. A method that is missing is 405. */
import type { Route } from '../domain/route.ts';
import { getBase } from './base.ts';
import { deleteBlob, getBlob, headBlob } from './blob.ts';
import type { Call } from './call.ts';
import { getCatalog } from './catalog.ts';
import { deleteManifest } from './manifest-delete.ts';
import { getManifest } from './manifest-get.ts';
import { putManifest } from './manifest-put.ts';
import { getReferrers } from './referrers.ts';
import { getTags } from './tags.ts';
import { deleteUpload, getUpload, patchUpload, putUpload } from './upload.ts';
import { postUpload } from './uploads.ts';

type Endpoint<R> = (call: Call, route: R) => Promise<void>;

const methods: {
  readonly [E in Route['endpoint']]: Readonly<Record<string, Endpoint<Extract<Route, { readonly endpoint: E }>>>>;
} = {
  base: { GET: getBase, HEAD: getBase },
  catalog: { GET: getCatalog },
  manifest: { GET: getManifest, HEAD: getManifest, PUT: putManifest, DELETE: deleteManifest },
  blob: { GET: getBlob, HEAD: headBlob, DELETE: deleteBlob },
  uploads: { POST: postUpload },
  upload: { GET: getUpload, PATCH: patchUpload, PUT: putUpload, DELETE: deleteUpload },
  tags: { GET: getTags },
  referrers: { GET: getReferrers },
};

/** The methods that a route answers, for the `Allow` header. */
export const methodsOf = (route: Route): readonly string[] => Object.keys(methods[route.endpoint]);

/** What answers the method on the route; undefined when nothing does. */
export const endpointOf = (route: Route, method: string): ((call: Call) => Promise<void>) | undefined => {
  const table = methods[route.endpoint] as Readonly<Record<string, Endpoint<Route>>>;
  const endpoint = Object.hasOwn(table, method) ? table[method] : undefined;
  return endpoint && ((call) => endpoint(call, route));
};
