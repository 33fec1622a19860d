/**
 * A tiny client of the distribution protocol that does for both registries what Docker does: ask for a blob, start an
 * upload, stream it with one PATCH, close it. Digests are known beforehand, so that hashing here costs no one anything.
 */
import { Agent, request, type ClientRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { createHash } from 'node:crypto';

/** Bytes to push: the block `times` over, behind a head that makes them like no other. */
export interface Content {
  readonly head: Buffer;
  readonly block: Buffer;
  readonly times: number;
  readonly size: number;
  readonly digest: string;
}

export interface Image {
  readonly tag: string;
  readonly config: Content;
  readonly layers: readonly Content[];
}

/** Where a registry is, and with what it is asked. */
export interface Target {
  readonly origin: string;
  readonly headers: OutgoingHttpHeaders;
}

let made = 0;

/** Bytes of about that size whose like was not seen before. */
export const makeContent = (block: Buffer, times: number): Content => {
  const head = Buffer.from(`${process.pid} ${Date.now()} ${(made += 1)}\n`);
  const hash = createHash('sha256').update(head);
  for (let index = 0; index < times; index++) hash.update(block);
  const size = head.byteLength + block.byteLength * times;
  return { head, block, times, size, digest: `sha256:${hash.digest('hex')}` };
};

let agent = new Agent({ keepAlive: true, maxSockets: 16 });

/** Goes on with new connections: those that were idle meanwhile may be closed at the other end while they are used. */
export const closeConnections = (): void => {
  agent.destroy();
  agent = new Agent({ keepAlive: true, maxSockets: 16 });
};

interface Exchange {
  readonly method: string;
  readonly url: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly content?: Content;
  readonly body?: string;
}

const drain = (response: IncomingMessage): Promise<number> =>
  new Promise((resolve, reject) => {
    let size = 0;
    response.on('data', (chunk: Buffer) => (size += chunk.byteLength));
    response.once('end', () => resolve(size));
    response.once('error', reject);
  });

const send = (
  { headers: common }: Target,
  { method, url, headers, content, body }: Exchange,
): Promise<{ readonly status: number; readonly location: string; readonly size: number }> =>
  new Promise((resolve, reject) => {
    const length = content?.size ?? Buffer.byteLength(body ?? '');
    const lengths = method === 'GET' || method === 'HEAD' ? {} : { 'content-length': length };
    const call = request(url, { method, agent, headers: { ...common, ...lengths, ...headers } }, (response) => {
      drain(response).then((size) => {
        const status = response.statusCode ?? 0;
        resolve({ status, location: new URL(response.headers.location ?? '', url).href, size });
      }, reject);
    });
    call.once('error', reject);
    if (content === undefined) call.end(body);
    else stream(call, content);
  });

const stream = (call: ClientRequest, { head, block, times }: Content): void => {
  call.write(head);
  let left = times;
  const more = (): void => {
    while (left > 0) {
      left -= 1;
      if (!call.write(block)) {
        call.once('drain', more);
        return;
      }
    }
    call.end();
  };
  more();
};

const expectStatus = (what: string, expected: number, { status }: { readonly status: number }): void => {
  if (status !== expected) throw new Error(`${what}: ${status} instead of ${expected}`);
};

/** Runs the work on each thing, so many at a time. */
export const eachOf = async <T>(
  things: readonly T[],
  atOnce: number,
  work: (thing: T) => Promise<void>,
): Promise<void> => {
  const left = things.values();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const thing of left) await work(thing);
    }),
  );
};

const pushBlob = async (target: Target, repository: string, content: Content): Promise<void> => {
  const blobs = `${target.origin}/v2/${repository}/blobs`;
  expectStatus('HEAD blob', 404, await send(target, { method: 'HEAD', url: `${blobs}/${content.digest}` }));
  const started = await send(target, { method: 'POST', url: `${blobs}/uploads/` });
  expectStatus('POST', 202, started);
  const headers = { 'content-type': 'application/octet-stream' };
  const patched = await send(target, { method: 'PATCH', url: started.location, headers, content });
  expectStatus('PATCH', 202, patched);
  const url = new URL(patched.location);
  url.searchParams.set('digest', content.digest);
  expectStatus('PUT blob', 201, await send(target, { method: 'PUT', url: url.href }));
};

const mediaType = 'application/vnd.oci.image.manifest.v1+json';

const manifestOf = ({ config, layers }: Image): string => {
  const describe = (type: string, { digest, size }: Content) => ({
    mediaType: `application/vnd.oci.image.${type}`,
    digest,
    size,
  });
  return JSON.stringify({
    schemaVersion: 2,
    mediaType,
    config: describe('config.v1+json', config),
    layers: layers.map((layer) => describe('layer.v1.tar', layer)),
  });
};

/** Pushes layers, five at a time as Docker does, then the config, then the manifest. */
export const pushImage = async (target: Target, repository: string, image: Image): Promise<void> => {
  await eachOf(image.layers, 5, (layer) => pushBlob(target, repository, layer));
  await pushBlob(target, repository, image.config);
  const url = `${target.origin}/v2/${repository}/manifests/${image.tag}`;
  const headers = { 'content-type': mediaType };
  expectStatus('PUT manifest', 201, await send(target, { method: 'PUT', url, headers, body: manifestOf(image) }));
};

const pullBlob = async (target: Target, repository: string, { digest, size }: Content): Promise<void> => {
  const pulled = await send(target, { method: 'GET', url: `${target.origin}/v2/${repository}/blobs/${digest}` });
  expectStatus('GET blob', 200, pulled);
  if (pulled.size !== size) throw new Error(`GET blob: ${pulled.size} bytes instead of ${size}`);
};

/** Pulls manifest and config, then layers, three at a time as Docker does. */
export const pullImage = async (target: Target, repository: string, image: Image): Promise<void> => {
  const url = `${target.origin}/v2/${repository}/manifests/${image.tag}`;
  const headers = { accept: mediaType };
  expectStatus('HEAD manifest', 200, await send(target, { method: 'HEAD', url, headers }));
  expectStatus('GET manifest', 200, await send(target, { method: 'GET', url, headers }));
  await pullBlob(target, repository, image.config);
  await eachOf(image.layers, 3, (layer) => pullBlob(target, repository, layer));
};
