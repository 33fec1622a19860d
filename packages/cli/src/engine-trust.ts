/**
 * Docker Engine's trust in the server's CA: it reads `<folder>/HOST:PORT/ca.crt` at each pull from HOST:PORT (Docker's
 * documentation, "Verify repository client with certificates").
 */
import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { callAws, ecrModel } from '@oreno/aws-wire';
import type { Log } from '@oreno/aws-wire';
import type { CredentialProvider } from '@oreno/agent';

/** Where Docker Engine looks for the certificates of registries. */
export const certificatesFolder = '/etc/docker/certs.d';

/** Makes the engine trust the CA for the registry at that address. Who may not write there is told what to do. */
export const trustForEngine = (caFile: string, address: string, log: Log, folder = certificatesFolder): void => {
  const place = join(folder, new URL(address).host);
  try {
    mkdirSync(place, { recursive: true });
    copyFileSync(caFile, join(place, 'ca.crt'));
  } catch (error) {
    log('warn', `the engine is not told of the CA; as root: cp ${caFile} ${place}/ca.crt`, { error: String(error) });
  }
};

export interface RegistryTrust {
  readonly caFile: string;
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: CredentialProvider;
  readonly log: Log;
  readonly folder?: string;
}

/** The same for the name that images have, which the server tells: it need not be that of the endpoint. */
export const trustRegistryForEngine = async (trust: RegistryTrust): Promise<void> => {
  const { caFile, endpoint, region, credentials, log, folder } = trust;
  try {
    const { authorizationData = [] } = await callAws({
      origin: endpoint,
      model: ecrModel,
      operation: 'GetAuthorizationToken',
      input: {},
      region,
      credentials: await credentials(),
      timeoutMs: 20_000,
      now: Date.now,
    });
    const registry = authorizationData[0]?.proxyEndpoint;
    if (registry === undefined || new URL(registry).host === new URL(endpoint).host) return;
    trustForEngine(caFile, registry, log, folder);
  } catch (error) {
    log('warn', 'the server does not tell the name of its registry: the engine trusts the endpoint alone', {
      error: String(error),
    });
  }
};
