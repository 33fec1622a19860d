/** The door of `/v2/`: knows the caller, finds the endpoint, and logs one line a request. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { EcrParts } from '../context.ts';
import { routeOf } from '../domain/route.ts';
import { answerFailure } from './answer-failure.ts';
import { authenticate } from './authenticate.ts';
import type { Exchange } from './call.ts';
import { endpointOf, methodsOf } from './endpoints.ts';
import { registryError } from './registry-error.ts';

const answer = async (parts: EcrParts, exchange: Exchange, path: string, query: string): Promise<void> => {
  const { request } = exchange;
  const caller = await authenticate(parts, request);
  const route = routeOf(path);
  if (!route) throw registryError('UNSUPPORTED', 'There is no such endpoint', { status: 404 });
  const endpoint = endpointOf(route, request.method ?? '');
  if (!endpoint) {
    const headers = { Allow: methodsOf(route).join(', ') };
    throw registryError('UNSUPPORTED', 'The operation is unsupported', { headers });
  }
  await endpoint({ ...exchange, query: new URLSearchParams(query), parts, caller });
};

/** Answers every request whose path starts with `/v2`; false, untouched, for any other. */
export const createDistribution =
  (parts: EcrParts) =>
  async (request: IncomingMessage, response: ServerResponse): Promise<boolean> => {
    const [path = '', query = ''] = (request.url ?? '').split(/\?(.*)/s, 2);
    if (path !== '/v2' && !path.startsWith('/v2/')) return false;
    const exchange = { request, response };
    const startedAt = parts.now();
    response.once('close', () => {
      const { statusCode, writableFinished } = response;
      const fields = { method: request.method, path, status: statusCode, milliseconds: parts.now() - startedAt };
      parts.log('info', 'registry', writableFinished ? fields : { ...fields, cutOff: true });
    });
    try {
      await answer(parts, exchange, path, query);
    } catch (error) {
      answerFailure(parts, exchange, error);
    }
    return true;
  };
