/**
 * Serves AWS calls over node:http. Whatever happens, a client that is still there gets an answer in its protocol, and
 * one line of the access log says what happened.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError } from './aws-error.ts';
import { beginCall, logFieldsOf } from './dispatch/call.ts';
import type { Call } from './dispatch/call.ts';
import { createDirectory } from './dispatch/directory.ts';
import { checkScope, serve } from './dispatch/serve.ts';
import { ClientGone } from './http/body.ts';
import { refuseBody, sendAnswer } from './http/send.ts';
import { signedMessage } from './http/signed-message.ts';
import type { Log } from './log.ts';
import type { Authorizer, CredentialSource } from './ports.ts';
import type { Principal } from './request-context.ts';
import type { AwsService } from './service.ts';
import { claimedSignature } from './sigv4/authorization.ts';
import { createSigningKeys } from './sigv4/signing-keys.ts';
import { verify } from './sigv4/verify.ts';

export interface DispatcherOptions {
  readonly services: readonly AwsService[];
  readonly credentials: CredentialSource;
  readonly authorizer: Authorizer;
  readonly log: Log;
  /** The clock, in milliseconds since the epoch. */
  readonly now: () => number;
  /**
   * The largest body of a call, in bytes, before and after decompression; 32 MiB when not given: the largest that a model
   * allows is a layer part of 20 MiB, in Base64.
   */
  readonly maxBodyBytes?: number | undefined;
  /** Milliseconds between two pieces of a body after which it is given up; 20,000 when not given. */
  readonly bodyIdleMs?: number | undefined;
}

/** Who opened a websocket, and for which region the handshake was signed. */
export interface AuthenticatedCaller extends Principal {
  readonly region: string;
}

export interface Dispatcher {
  /** Answers one AWS call, whatever it is; never rejects. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Checks the signature of a request without a body (a websocket handshake), or with this one; throws {@link AwsError}. */
  authenticate(request: IncomingMessage, body?: Uint8Array): Promise<AuthenticatedCaller>;
}

/** How long, in milliseconds, the rest of a refused body is thrown away before the connection is cut. */
const lingerMs = 5000;

const nothing = Buffer.alloc(0);

/** Sends an error; returns the bytes of its body. */
const answerError = ({ request, response, protocol, requestId }: Call, error: AwsError): number => {
  const answer = protocol.writeError(error, requestId);
  if (request.readableEnded) return sendAnswer(response, answer);
  return refuseBody(request, response, answer, error.code === 'RequestTimeoutException' ? 0 : lingerMs);
};

/** Makes the dispatcher of one port. */
export const createDispatcher = (options: DispatcherOptions): Dispatcher => {
  const { services, credentials, authorizer, log, now } = options;
  const directory = createDirectory(services);
  const limits = { maxBytes: options.maxBodyBytes ?? 32 * 1024 * 1024, idleMs: options.bodyIdleMs ?? 20_000 };
  const verification = { credentials, now, signingKeys: createSigningKeys() };

  const failureOf = ({ requestId, compiled, operation }: Call, error: unknown): AwsError => {
    const stack = error instanceof Error ? error.stack : String(error);
    log('error', 'a call failed unexpectedly', { requestId, service: compiled?.table.service, operation, stack });
    const code = compiled?.dialect.internal ?? 'InternalFailure';
    return new AwsError(code, 'An internal error occurred. Please retry your request.');
  };

  /** Answers an error; one whose members do not fit its shape is answered as a failure of ours. */
  const report = (call: Call, error: AwsError): number => {
    try {
      return answerError(call, error);
    } catch (unwritable) {
      return answerError({ ...call, protocol: directory.general[call.protocol.name] }, failureOf(call, unwritable));
    }
  };

  const parts = { directory, limits, verification, authorizer, failureOf };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const call = beginCall(request, response, directory.general.json);
    let problem: string | undefined;
    try {
      await serve(call, parts);
    } catch (error) {
      if (error instanceof ClientGone || call.signal.aborted) {
        problem = 'ClientGone';
        response.destroy();
      } else {
        const known = error instanceof AwsError ? error : failureOf(call, error);
        problem = known.code;
        call.bytesOut = report(call, known);
      }
    }
    log('info', 'request', logFieldsOf(call, problem));
  };

  const authenticate = async (request: IncomingMessage, body: Uint8Array = nothing): Promise<AuthenticatedCaller> => {
    const message = signedMessage(request);
    const claim = claimedSignature(message);
    checkScope(claim, undefined);
    return { ...(await verify(claim, message, body, verification)), region: claim.scope.region };
  };

  return { handle, authenticate };
};
