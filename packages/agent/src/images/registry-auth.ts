/**
 * Credentials for pulling an image: an ECR authorization token asked for at the endpoint that the payload names,
 * with the instance's or the execution role's credentials, and kept until it is about to end.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { AwsError, callAws, ecrModel } from '@oreno/aws-wire';
import type { RegistryAuth } from '@oreno/engine';
import type { AwsCredentials, CredentialProvider } from '../domain/agent-runtime.ts';
import { ContainerFailure } from '../domain/container-failure.ts';
import type { AcsRegistryAuthentication } from '../protocol/acs-messages.ts';

export interface RegistryAuthOptions {
  readonly endpoint: string;
  readonly region: string;
  readonly instanceCredentials: CredentialProvider;
  readonly now: () => number;
}

export interface RegistryAuthenticator {
  /** Throws ContainerFailure when no credentials can be had. */
  authFor(
    image: string,
    authentication: AcsRegistryAuthentication,
    executionCredentials: AwsCredentials | undefined,
    signal?: AbortSignal,
  ): Promise<RegistryAuth>;
  /** Drops what is kept for the registry: its token was refused. */
  forget(authentication: AcsRegistryAuthentication): void;
}

interface KeptToken {
  readonly auth: Promise<{ username: string; password: string; expiresAt: number }>;
}

/** How long before its end a token is not used any more: as Amazon's agent, half an hour. */
const MARGIN_MS = 30 * 60_000;
const ATTEMPTS = 5;

/** Keeps one token for each registry and each way of asking. */
export function createRegistryAuthenticator(options: RegistryAuthOptions): RegistryAuthenticator {
  const kept = new Map<string, KeptToken>();

  const ask = async (
    data: NonNullable<AcsRegistryAuthentication['ecrAuthData']>,
    credentials: AwsCredentials,
    signal: AbortSignal | undefined,
  ) => {
    const { authorizationData = [] } = await callAws({
      origin: originOf(data.endpointOverride) ?? options.endpoint,
      model: ecrModel,
      operation: 'GetAuthorizationToken',
      input: data.registryId === undefined ? {} : { registryIds: [data.registryId] },
      region: data.region ?? options.region,
      credentials,
      signal,
      timeoutMs: 20_000,
      now: options.now,
    });
    const [first] = authorizationData;
    const decoded = Buffer.from(first?.authorizationToken ?? '', 'base64').toString('utf8');
    const colon = decoded.indexOf(':');
    if (authorizationData.length !== 1 || colon === -1)
      throw new ContainerFailure('CannotPullECRContainerError', 'AuthorizationData is malformed');
    const expiresAt = first?.expiresAt ?? options.now() + 2 * MARGIN_MS;
    return { username: decoded.slice(0, colon), password: decoded.slice(colon + 1), expiresAt };
  };

  const current = async (
    authentication: AcsRegistryAuthentication,
    executionCredentials: AwsCredentials | undefined,
    signal: AbortSignal | undefined,
  ) => {
    const data = authentication.ecrAuthData ?? {};
    const credentials = data.useExecutionRole ? executionCredentials : await options.instanceCredentials();
    if (!credentials) throw new ContainerFailure('CannotPullECRContainerError', 'no credentials of the execution role');
    const key = keyOf(authentication, credentials);
    const held = await kept.get(key)?.auth.catch(() => undefined);
    if (held && held.expiresAt - options.now() > MARGIN_MS) return held;
    const auth = ask(data, credentials, signal);
    kept.set(key, { auth });
    auth.catch(() => kept.delete(key));
    return auth;
  };

  return {
    async authFor(image, authentication, executionCredentials, signal) {
      if (authentication.type !== 'ecr')
        throw new ContainerFailure(
          'CannotPullContainerAuthError',
          'repository credentials in Secrets Manager are not supported by this agent',
        );
      for (let attempt = 1; ; attempt += 1) {
        try {
          const { username, password } = await current(authentication, executionCredentials, signal);
          return { username, password, serveraddress: image.slice(0, image.indexOf('/')) };
        } catch (error) {
          if (error instanceof ContainerFailure || signal?.aborted) throw error;
          // A control plane that starts again is back within seconds.
          if (error instanceof AwsError || attempt === ATTEMPTS) throw tokenFailure(error);
        }
        await sleep(Math.min(1_100 * 2 ** (attempt - 1), 5_000), undefined, { signal });
      }
    },
    forget(authentication) {
      const prefix = registryKey(authentication);
      for (const key of kept.keys()) if (key.startsWith(prefix)) kept.delete(key);
    },
  };
}

const tokenFailure = (error: unknown): ContainerFailure => {
  const message = error instanceof AwsError ? `${error.code}: ${error.message}` : String(error);
  return new ContainerFailure('CannotPullECRContainerError', `cannot get an authorization token: ${message}`);
};

const registryKey = ({ ecrAuthData: data }: AcsRegistryAuthentication): string =>
  `${data?.region} ${data?.registryId} ${data?.endpointOverride} `;

/** A role's keys are renewed in a task's life; the token of one task's role is not for another's. */
const keyOf = (authentication: AcsRegistryAuthentication, credentials: AwsCredentials): string =>
  registryKey(authentication) + (authentication.ecrAuthData?.useExecutionRole ? credentials.accessKeyId : 'instance');

const originOf = (endpoint: string | undefined): string | undefined =>
  endpoint === undefined || endpoint === ''
    ? undefined
    : /^https?:\/\//.test(endpoint)
      ? endpoint
      : `https://${endpoint}`;
