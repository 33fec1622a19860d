/**
 * Reading another registry by the distribution protocol. Credentials go to the registry, where it asks for Basic ones,
 * and to the token server that it names; never over plain HTTP where the registry itself is on TLS.
 */
import { Readable } from 'node:stream';
import { manifestKinds } from '../domain/media-types.ts';
import type { UpstreamCredentials, UpstreamSecrets } from '../upstream-secrets.ts';
import { originOfUpstream, readChallenge, type Challenge } from '../domain/upstream.ts';

/** Why nothing could be had from an upstream. */
export class UpstreamFailure extends Error {
  /** `absent` is an answer, the others are none. */
  readonly kind: 'absent' | 'refused' | 'unreachable';

  constructor(kind: UpstreamFailure['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

export interface UpstreamRepository {
  /** Of the rule that leads there. */
  readonly prefix: string;
  readonly url: string;
  /** The repository's name there. */
  readonly name: string;
  readonly credentials: CredentialsSource;
}

/** The credentials, read when they are needed; undefined for an upstream that is asked without any. */
export type CredentialsSource = () => Promise<UpstreamCredentials | undefined>;

/** The credentials of a rule. Throws {@link UpstreamFailure} where it names some that are not kept any more. */
export const credentialsFor = async (
  { secrets }: { readonly secrets: UpstreamSecrets },
  { credentialArn }: { readonly credentialArn?: string | undefined },
): Promise<UpstreamCredentials | undefined> => {
  if (credentialArn === undefined) return undefined;
  const found = await secrets.find(credentialArn);
  if (found === undefined) throw new UpstreamFailure('refused', `the secret ${credentialArn} does not exist any more`);
  return found;
};

const basicOf = ({ username, accessToken }: UpstreamCredentials): string =>
  `Basic ${Buffer.from(`${username}:${accessToken}`).toString('base64')}`;

const patience = 20_000;

const failureOf = (status: number, url: string): UpstreamFailure => {
  const kind = status === 404 ? 'absent' : status === 401 || status === 403 ? 'refused' : 'unreachable';
  return new UpstreamFailure(kind, `${url} answered with status ${status}`);
};

const send = async (url: string, headers: Record<string, string>, stop?: AbortSignal): Promise<Response> => {
  try {
    // Only the wait for the answer is limited: a large layer may take its time.
    const controller = new AbortController();
    const timer = setTimeout(() => controller.abort(), patience);
    const signal = stop === undefined ? controller.signal : AbortSignal.any([controller.signal, stop]);
    return await fetch(url, { headers, signal }).finally(() => clearTimeout(timer));
  } catch (error) {
    const { cause } = error as { readonly cause?: { readonly message?: string } };
    throw new UpstreamFailure('unreachable', `${url}: ${cause?.message ?? String(error)}`);
  }
};

const bearerFor = async (
  { realm, query }: Extract<Challenge, { readonly kind: 'bearer' }>,
  credentials: UpstreamCredentials | undefined,
): Promise<string | undefined> => {
  const headers = credentials === undefined ? {} : { authorization: basicOf(credentials) };
  const answer = await send(`${realm}?${query}`, headers);
  if (!answer.ok) {
    await answer.body?.cancel();
    throw new UpstreamFailure('refused', `${realm} gave no token: it answered with status ${answer.status}`);
  }
  const { token, access_token: other } = (await answer.json()) as { token?: string; access_token?: string };
  return token === undefined && other === undefined ? undefined : `Bearer ${token ?? other}`;
};

/** What the upstream's challenge is answered with; undefined where nothing can be. */
const authorizationFor = async (response: Response, source: CredentialsSource): Promise<string | undefined> => {
  const challenge = readChallenge(response.headers.get('www-authenticate'));
  if (challenge === undefined) return undefined;
  const credentials = await source();
  if (challenge.kind === 'basic') return credentials && basicOf(credentials);
  if (credentials !== undefined && response.url.startsWith('https:') && !challenge.realm.startsWith('https:')) {
    throw new UpstreamFailure('refused', `${challenge.realm} is no place for credentials: it is not on TLS`);
  }
  return bearerFor(challenge, credentials);
};

/** An answer with a body; asks for a token where the upstream wants one. Throws {@link UpstreamFailure}. */
const get = async (
  url: string,
  source: CredentialsSource,
  headers: Record<string, string>,
  stop?: AbortSignal,
): Promise<Response> => {
  const first = await send(url, headers, stop);
  if (first.ok) return first;
  const authorization = first.status === 401 ? await authorizationFor(first, source) : undefined;
  await first.body?.cancel();
  if (authorization === undefined) throw failureOf(first.status, url);
  const second = await send(url, { ...headers, authorization }, stop);
  if (second.ok) return second;
  await second.body?.cancel();
  throw failureOf(second.status, url);
};

const urlOf = ({ url, name }: UpstreamRepository, rest: string): string =>
  `${originOfUpstream(url)}/v2/${name}/${rest}`;

const accept = { accept: [...manifestKinds.keys()].join(', ') };

/** A manifest as the upstream has it. */
export const fetchManifest = async (
  repository: UpstreamRepository,
  reference: string,
): Promise<{ readonly bytes: Buffer; readonly mediaType: string }> => {
  const response = await get(urlOf(repository, `manifests/${reference}`), repository.credentials, accept);
  const mediaType = response.headers.get('content-type') ?? '';
  return { bytes: Buffer.from(await response.arrayBuffer()), mediaType };
};

/** The bytes of a layer or config as they come, until `stop`. */
export const fetchBlob = async (
  repository: UpstreamRepository,
  digest: string,
  stop: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> => {
  const { body } = await get(urlOf(repository, `blobs/${digest}`), repository.credentials, {}, stop);
  return body === null ? Readable.from([]) : Readable.fromWeb(body);
};

/** Throws {@link UpstreamFailure} when no registry answers at the address, or it does not take the credentials. */
export const probeUpstream = async (url: string, source: CredentialsSource): Promise<void> => {
  const base = `${originOfUpstream(url)}/v2/`;
  if ((await source()) !== undefined) {
    await (await get(base, source, {})).body?.cancel();
    return;
  }
  const response = await send(base, {});
  await response.body?.cancel();
  if (!response.ok && response.status !== 401) throw failureOf(response.status, url);
};
