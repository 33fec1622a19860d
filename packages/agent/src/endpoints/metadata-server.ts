import type { IncomingMessage, RequestListener } from 'node:http';
import type { AgentRuntime } from '../domain/agent-runtime.ts';
import { type Answer, send, text } from './answer.ts';
import { auditLine } from './audit.ts';
import { answerCredentials } from './credentials-routes.ts';
import { answerMetadata, answerMetadataV2, type MetadataParts } from './metadata-routes.ts';
import { RELAY_HEADER } from './peers.ts';
import { createRateLimit, DEFAULT_RATE_LIMITS, rateLimitHeaders, type RateLimits } from './rate-limit.ts';
import { answerTaskProtection } from './task-protection.ts';

/**
 * The server behind 169.254.170.2: task metadata, credentials and the agent's API, under one rate limit for each
 * remote address.
 */
export interface MetadataServerOptions {
  readonly runtime: AgentRuntime;
  readonly parts: MetadataParts;
  /** Receives the audit lines. */
  readonly audit: (line: string) => void;
  readonly limits?: RateLimits | undefined;
}

/** The path and query of a request, with leading slashes folded, which would otherwise read as a host. */
export const targetOf = (url: string | undefined): URL => {
  const base = 'http://agent';
  const target = (url ?? '/').replace(/^\/+/, '/');
  return URL.canParse(target, base) ? new URL(target, base) : new URL(base);
};

const NOT_FOUND = text(404, '404 page not found\n');

/** The address of the container; a request that another agent passed on says whose it is. */
const remoteOf = ({ socket: { remoteAddress = '' }, headers }: IncomingMessage): string => {
  const relayedFor = headers[RELAY_HEADER];
  return typeof relayedFor === 'string' && remoteAddress === '127.0.0.1' ? relayedFor : remoteAddress;
};

/** The request handler. */
export const createMetadataHandler = (options: MetadataServerOptions): RequestListener => {
  const { runtime, parts, audit, limits = DEFAULT_RATE_LIMITS } = options;
  const { state, log, now } = runtime;
  const rateLimit = createRateLimit(limits);

  const answerCredentialsAudited = (request: IncomingMessage, url: URL, remote: string): Answer | undefined => {
    const answer = answerCredentials(state, url.pathname, url.searchParams);
    if (answer === undefined) return undefined;
    const { status, audit: about } = answer;
    const userAgent = request.headers['user-agent'];
    audit(
      auditLine({ at: now(), status, remoteAddress: remote, path: url.pathname, userAgent, ...about }, state.identity),
    );
    return answer;
  };

  const answer = async (request: IncomingMessage, url: URL, remote: string): Promise<Answer> => {
    const protection = await answerTaskProtection(runtime, url.pathname, request);
    if (protection !== undefined) return protection;
    if (request.method !== 'GET' && request.method !== 'HEAD') return NOT_FOUND;
    return (
      answerCredentialsAudited(request, url, remote) ??
      (await answerMetadata(parts, url.pathname)) ??
      (await answerMetadataV2(parts, url.pathname, remote)) ??
      NOT_FOUND
    );
  };

  return (request, response) => {
    const remoteAddress = remoteOf(request);
    const forwardedFor = request.headers['x-forwarded-for']?.toString();
    const headers = rateLimitHeaders(limits, { remoteAddress, forwardedFor });
    if (!rateLimit.allows(remoteAddress, now())) {
      return send(response, text(429, 'You have reached maximum request limit.'), headers);
    }
    const url = targetOf(request.url);
    answer(request, url, remoteAddress).then(
      (result) => send(response, result, headers),
      (error: unknown) => {
        log('error', 'the metadata server failed on a request', { path: url.pathname, error: String(error) });
        if (!response.headersSent) send(response, text(500, 'internal error'), headers);
      },
    );
  };
};
