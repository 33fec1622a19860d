/** One call on its way through the dispatcher: what is known of it so far, and what is told of it at the end. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CompiledService } from '../compiled-service.ts';
import { callFactsOf, originOf, signedMessage } from '../http/signed-message.ts';
import type { Protocol } from '../protocols/protocol.ts';
import type { Principal, RequestContext } from '../request-context.ts';
import type { SignedMessage } from '../sigv4/authorization.ts';

export interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly message: SignedMessage;
  readonly requestId: string;
  /** Aborted when the client goes away before its answer is complete. */
  readonly signal: AbortSignal;
  /** `performance.now()` of the beginning. */
  readonly started: number;
  /** The one that words errors: a general one until the service is known. */
  protocol: Protocol;
  compiled?: CompiledService;
  /** As the request has it; not checked against the model. */
  operation?: string;
  principal?: Principal;
  bytesIn: number;
  bytesOut: number;
}

/** A call of which nothing is known yet. */
export const beginCall = (request: IncomingMessage, response: ServerResponse, protocol: Protocol): Call => {
  const gone = new AbortController();
  response.on('error', () => undefined);
  response.once('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  return {
    request,
    response,
    message: signedMessage(request),
    requestId: randomUUID(),
    signal: gone.signal,
    started: performance.now(),
    protocol,
    bytesIn: 0,
    bytesOut: 0,
  };
};

/** What the call's handler is told. */
export const contextOf = (call: Call, principal: Principal, region: string, now: () => number): RequestContext => ({
  account: principal.account,
  region,
  principal,
  requestId: call.requestId,
  call: callFactsOf(call.request, now()),
  origin: originOf(call.request),
  now,
  signal: call.signal,
});

/** The fields of the access-log line: no member of the input or output, no header, and so no secret. */
export const logFieldsOf = (call: Call, error: string | undefined): Readonly<Record<string, unknown>> => ({
  requestId: call.requestId,
  principal: call.principal?.arn,
  service: call.compiled?.table.service,
  operation: call.operation?.slice(0, 128),
  status: call.response.headersSent ? call.response.statusCode : undefined,
  error,
  ms: Math.round((performance.now() - call.started) * 1000) / 1000,
  bytesIn: call.bytesIn,
  bytesOut: call.bytesOut,
});
