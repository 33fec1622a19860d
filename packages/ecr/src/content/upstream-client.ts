/** Reading another registry by the distribution protocol, without credentials of one's own. */
import { Readable } from 'node:stream';
import { manifestKinds } from '../domain/media-types.ts';
import { originOfUpstream, readChallenge } from '../domain/upstream.ts';

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
  readonly url: string;
  /** The repository's name there. */
  readonly name: string;
}

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

const tokenFor = async (response: Response): Promise<string | undefined> => {
  const challenge = readChallenge(response.headers.get('www-authenticate'));
  if (challenge === undefined) return undefined;
  const answer = await send(`${challenge.realm}?${challenge.query}`, {});
  if (!answer.ok) return undefined;
  const { token, access_token: other } = (await answer.json()) as { token?: string; access_token?: string };
  return token ?? other;
};

/** An answer with a body; asks for a token where the upstream wants one. Throws {@link UpstreamFailure}. */
const get = async (url: string, headers: Record<string, string>, stop?: AbortSignal): Promise<Response> => {
  const first = await send(url, headers, stop);
  if (first.ok) return first;
  const token = first.status === 401 ? await tokenFor(first) : undefined;
  await first.body?.cancel();
  if (token === undefined) throw failureOf(first.status, url);
  const second = await send(url, { ...headers, authorization: `Bearer ${token}` }, stop);
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
  const response = await get(urlOf(repository, `manifests/${reference}`), accept);
  const mediaType = response.headers.get('content-type') ?? '';
  return { bytes: Buffer.from(await response.arrayBuffer()), mediaType };
};

/** The bytes of a layer or config as they come, until `stop`. */
export const fetchBlob = async (
  repository: UpstreamRepository,
  digest: string,
  stop: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> => {
  const { body } = await get(urlOf(repository, `blobs/${digest}`), {}, stop);
  return body === null ? Readable.from([]) : Readable.fromWeb(body);
};

/** Throws {@link UpstreamFailure} when no registry answers at the address. */
export const probeUpstream = async (url: string): Promise<void> => {
  const response = await send(`${originOfUpstream(url)}/v2/`, {});
  await response.body?.cancel();
  if (!response.ok && response.status !== 401) throw failureOf(response.status, url);
};
