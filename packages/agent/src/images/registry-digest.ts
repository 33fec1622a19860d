/**
 * Asks a registry which digest a tag means, so that an image that is on the engine already need not be pulled to
 * know that it is the right one. Any doubt answers undefined: then the image is pulled.
 */
import * as http from 'node:http';
import * as https from 'node:https';
import type { RegistryAuth } from '@oreno/engine';

const agents = { 'http:': new http.Agent({ keepAlive: true }), 'https:': new https.Agent({ keepAlive: true }) };

const manifestTypes = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/** `sha256:…` of `<origin>/v2/<repository>/manifests/<tag>`; undefined when the registry does not say. */
export function registryDigest(
  origin: string,
  repository: string,
  tag: string,
  auth: RegistryAuth,
  signal: AbortSignal,
): Promise<string | undefined> {
  const url = new URL(`/v2/${repository}/manifests/${tag}`, origin);
  const protocol = url.protocol === 'https:' ? 'https:' : 'http:';
  const { request } = protocol === 'https:' ? https : http;
  const headers = {
    accept: manifestTypes,
    authorization: `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`,
  };
  return new Promise((resolve) => {
    const asking = request(
      url,
      { method: 'HEAD', headers, agent: agents[protocol], signal, timeout: 2_000 },
      (answer) => {
        answer.resume();
        const digest = answer.headers['docker-content-digest'];
        resolve(answer.statusCode === 200 && typeof digest === 'string' ? digest : undefined);
      },
    );
    asking.on('timeout', () => asking.destroy());
    asking.on('error', () => resolve(undefined));
    asking.end();
  });
}
