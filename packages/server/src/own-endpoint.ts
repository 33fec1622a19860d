/**
 * What oreno's own paths (`/oreno/…`) have in common: they are signed like any call (service `ecs`), and answer JSON,
 * or an error as `{"__type","message"}`. There is one only for what AWS has no public operation for.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError } from '@oreno/aws-wire';

const statuses: Readonly<Record<string, number>> = {
  ClientException: 400,
  InvalidParameterException: 400,
  UnknownOperationException: 404,
  ValidationException: 400,
};

const statusOf = ({ code }: AwsError): number => statuses[code] ?? 403;

const send = (response: ServerResponse, status: number, body: object): void => {
  // Not kept: who follows would ask a server that is about to stop on it, again and again.
  response
    .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', connection: 'close' })
    .end(`${JSON.stringify(body)}\n`);
};

/** Sends what `answer` gives; its signal aborts when the client goes. Rejects only for what is no AwsError. */
export const answerOwn = async (
  response: ServerResponse,
  answer: (signal: AbortSignal) => Promise<object>,
): Promise<void> => {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  try {
    send(response, 200, await answer(gone.signal));
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    send(response, statusOf(error), { __type: error.code, message: error.message });
  }
};

/** The query of `GET path`. Throws UnknownOperationException for any other method or path. */
export const queryOf = (request: IncomingMessage, path: string): URLSearchParams => {
  const { pathname, searchParams } = new URL(request.url ?? '', 'http://server');
  if (request.method !== 'GET' || pathname !== path) {
    throw new AwsError('UnknownOperationException', `There is GET ${path} and nothing else.`);
  }
  return searchParams;
};

/** What a body of oreno's own paths may have at most, in bytes. */
const largestBody = 64 * 1024;

/** The body of a request, to be authenticated with it. Throws ValidationException for one that is too large. */
export const readBody = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Uint8Array>) {
    size += chunk.byteLength;
    if (size > largestBody) throw new AwsError('ValidationException', `The body has more than ${largestBody} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
};
