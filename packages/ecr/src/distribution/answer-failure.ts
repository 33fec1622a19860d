/**
 * Every failure as an answer of the protocol. A request that fails half-way through its answer loses its connection:
 * a truncated body must not look whole.
 */
import { BlobError } from '@oreno/blobs';
import { StoreError } from '@oreno/store';
import type { EcrParts } from '../context.ts';
import { NotAuthenticated } from './authenticate.ts';
import { giveUpBody } from './body.ts';
import { answerBytes, answerJson } from './call.ts';
import type { Exchange } from './call.ts';
import { registryError, toRegistryError } from './registry-error.ts';

const challenge = ({ registryHost }: EcrParts, exchange: Exchange): void => {
  const { host } = exchange.request.headers;
  const realm = host !== undefined && /^[A-Za-z0-9.:[\]-]+$/.test(host) ? host : registryHost;
  answerBytes(exchange, 401, Buffer.from('Not Authorized\n'), {
    'Www-Authenticate': `Basic realm="https://${realm}/",service="ecr.amazonaws.com"`,
    'Content-Type': 'text/plain; charset=utf-8',
  });
};

/** Whether bytes or records found no room. */
const isFull = (error: unknown): boolean =>
  (error instanceof BlobError && error.kind === 'no-space') || (error instanceof StoreError && error.kind === 'full');

/** Answers what went wrong, and logs what nobody foresaw. */
export const answerFailure = (parts: EcrParts, exchange: Exchange, error: unknown): void => {
  const { request, response } = exchange;
  if (response.headersSent || response.destroyed || request.socket.destroyed) {
    if (response.headersSent && !request.socket.destroyed) {
      parts.log('error', 'a registry answer broke off', { path: request.url, error });
    }
    response.destroy();
    return;
  }
  giveUpBody(request);
  if (error instanceof NotAuthenticated) return challenge(parts, exchange);
  const full = isFull(error);
  const known = full
    ? registryError('UNKNOWN', 'The registry has no space left', { status: 507 })
    : toRegistryError(error);
  if (!known || full)
    parts.log('error', 'a registry request failed', { method: request.method, path: request.url, error });
  const { status, errors, headers } = known ?? registryError('UNKNOWN', 'The registry failed; try again later');
  answerJson(exchange, status, { errors }, headers);
};
