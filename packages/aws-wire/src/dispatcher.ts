/**
 * Serves AWS calls over node:http. A call goes through the same steps whatever its service: read the body, find
 * what is called, prove the signature, decode and validate the input, ask the authorizer, run the handler, encode.
 * Whatever happens, a client that is still there gets an answer in its protocol, and one line says what happened.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError } from './aws-error.ts';
import { compileService, protocolsOf } from './compiled-service.ts';
import type { CompiledService } from './compiled-service.ts';
import { ClientGone, decodedBody, readBody } from './http/body.ts';
import { refuseBody, sendAnswer, sendEventStream } from './http/send.ts';
import { originOf, signedMessage, sourceIpOf } from './http/signed-message.ts';
import type { Log } from './log.ts';
import type { ModelTable } from './model.ts';
import type { Authorizer, CredentialSource } from './ports.ts';
import type { Protocol } from './protocols/protocol.ts';
import type { Principal, RequestContext } from './request-context.ts';
import { routeOf } from './routing.ts';
import type { Route } from './routing.ts';
import type { AwsService } from './service.ts';
import { claimedSignature } from './sigv4/authorization.ts';
import type { ClaimedSignature, SignedMessage } from './sigv4/authorization.ts';
import { createSigningKeys, verify } from './sigv4/verify.ts';

export interface DispatcherOptions {
  readonly services: readonly AwsService[];
  readonly credentials: CredentialSource;
  readonly authorizer: Authorizer;
  readonly log: Log;
  /** The clock, in milliseconds since the epoch. */
  readonly now: () => number;
  /** The largest body of a call, in bytes, before and after decompression; 16 MiB when not given. */
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
  /** Checks the signature of a request without a body (a websocket handshake); throws {@link AwsError}. */
  authenticate(request: IncomingMessage): Promise<AuthenticatedCaller>;
}

/** What is known of a call so far: it fills up on the way and is what the access log tells. */
interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly message: SignedMessage;
  readonly requestId: string;
  readonly signal: AbortSignal;
  protocol: Protocol;
  compiled?: CompiledService;
  operation?: string;
  principal?: Principal;
  bytesIn: number;
  bytesOut: number;
}

/** The table of no service: its protocols word the errors of requests that call nothing known. */
const noTable: ModelTable = {
  service: '',
  serviceId: '',
  apiVersion: '',
  signingName: '',
  protocols: [],
  jsonVersion: '1.1',
  operations: {},
  shapes: {},
};

const nothing = Buffer.alloc(0);

/** How long, in milliseconds, the rest of a refused body is thrown away before the connection is cut. */
const lingerMs = 5000;

const checkScope = (claim: ClaimedSignature, service: string | undefined): void => {
  if (service !== undefined && claim.scope.service !== service) {
    throw new AwsError('InvalidSignatureException', `Credential should be scoped to correct service: '${service}'.`);
  }
  if (!/^[a-z0-9-]{1,64}$/.test(claim.scope.region)) {
    throw new AwsError('InvalidSignatureException', 'Credential should be scoped to a valid region.');
  }
};

const unknownOperation = (operation: string, version: string | undefined): AwsError =>
  new AwsError(
    'UnknownOperationException',
    version === undefined
      ? `The operation ${operation.slice(0, 256)} is not known here.`
      : `Could not find operation ${operation.slice(0, 256)} for version ${version}`,
  );

export const createDispatcher = (options: DispatcherOptions): Dispatcher => {
  const { credentials, authorizer, log, now } = options;
  const limits = { maxBytes: options.maxBodyBytes ?? 16 * 1024 * 1024, idleMs: options.bodyIdleMs ?? 20_000 };
  const verification = { credentials, now, signingKeys: createSigningKeys() };
  const general = protocolsOf(noTable);
  const compiled = new Map<AwsService, CompiledService>();
  // Routing reads tables only; compiling a service waits for its first call.
  const routed = options.services.map((service) => ({
    service,
    get table(): ModelTable {
      return service.model.table;
    },
  }));

  const compiledOf = (service: AwsService): CompiledService => {
    const found = compiled.get(service) ?? compileService(service);
    compiled.set(service, found);
    return found;
  };

  const follow = (call: Call, route: Route<(typeof routed)[number]> | undefined): void => {
    if (route === undefined) return;
    call.operation = route.operation;
    call.protocol = general[route.protocol];
    if (route.service === undefined) return;
    call.compiled = compiledOf(route.service.service);
    call.protocol = call.compiled.protocols[route.protocol];
  };

  const contextOf = (call: Call, principal: Principal, region: string): RequestContext => ({
    account: principal.account,
    region,
    principal,
    requestId: call.requestId,
    sourceIp: sourceIpOf(call.request),
    userAgent: call.request.headers['user-agent'] ?? '',
    origin: originOf(call.request),
    now,
    signal: call.signal,
  });

  /** The checked input of the call; throws the error that refuses it. */
  const inputOf = async (call: Call, { table, service, dialect, problem }: CompiledService, body: Buffer) => {
    const operation = call.operation ?? '';
    if (!Object.hasOwn(table.operations, operation)) throw unknownOperation(operation, table.apiVersion);
    if (!service.implemented.has(operation)) {
      throw new AwsError(dialect.unsupported, `oreno does not have the operation ${operation} of ${table.serviceId}.`);
    }
    const plain = await decodedBody(body, call.request.headers['content-encoding'], limits.maxBytes);
    const input = call.protocol.readInput(operation, plain, call.message.query);
    const refused = problem(operation, input);
    if (refused !== undefined) throw refused;
    return { operation, input };
  };

  const answerOutput = async (call: Call, compiledService: CompiledService, operation: string, output: unknown) => {
    const writer = compiledService.eventStream(operation);
    const { requestId, signal, response } = call;
    call.bytesOut =
      writer === undefined
        ? sendAnswer(response, call.protocol.writeOutput(operation, output, requestId))
        : await sendEventStream(response, output as Readonly<Record<string, unknown>>, {
            writer,
            requestId,
            signal,
            failure: (error) => failureOf(call, error),
          });
  };

  const serve = async (call: Call): Promise<void> => {
    // Most calls are known by their headers, and a body that cannot be read is refused in the right protocol.
    follow(call, routeOf(routed, call.message, nothing));
    const body = await readBody(call.request, limits);
    call.bytesIn = body.length;
    if (call.protocol.name === 'query') follow(call, routeOf(routed, call.message, body));
    const claim = claimedSignature(call.message);
    checkScope(claim, call.compiled?.table.signingName);
    const principal = await verify(claim, call.message, body, verification);
    call.principal = principal;
    if (call.compiled === undefined) throw unknownOperation(call.operation ?? '', undefined);
    const { operation, input } = await inputOf(call, call.compiled, body);
    const prepared = call.compiled.service.prepare(operation, input, contextOf(call, principal, claim.scope.region));
    await authorizer.authorize({
      principal,
      action: `${call.compiled.table.service}:${operation}`,
      resources: prepared.resources,
      region: claim.scope.region,
    });
    await answerOutput(call, call.compiled, operation, await prepared.run());
  };

  /** The service's own server error for what nobody foresaw; its cause goes to the log and not to the client. */
  const failureOf = (call: Call, error: unknown): AwsError => {
    log('error', 'a call failed unexpectedly', {
      requestId: call.requestId,
      service: call.compiled?.table.service,
      operation: call.operation,
      stack: error instanceof Error ? error.stack : String(error),
    });
    return new AwsError(
      call.compiled?.dialect.internal ?? 'InternalFailure',
      'An internal error occurred. Please retry your request.',
    );
  };

  const answerError = (call: Call, error: AwsError): void => {
    const answer = call.protocol.writeError(error, call.requestId);
    call.bytesOut = call.request.readableEnded
      ? sendAnswer(call.response, answer)
      : refuseBody(call.request, call.response, answer, error.code === 'RequestTimeoutException' ? 0 : lingerMs);
  };

  const logCall = (call: Call, started: number, error: string | undefined): void => {
    log('info', 'request', {
      requestId: call.requestId,
      principal: call.principal?.arn,
      service: call.compiled?.table.service,
      operation: call.operation?.slice(0, 128),
      status: error === 'ClientGone' ? undefined : call.response.statusCode,
      error,
      ms: Math.round((performance.now() - started) * 1000) / 1000,
      bytesIn: call.bytesIn,
      bytesOut: call.bytesOut,
    });
  };

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const started = performance.now();
    const gone = new AbortController();
    response.on('error', () => undefined);
    response.once('close', () => {
      if (!response.writableFinished) gone.abort();
    });
    const call: Call = {
      request,
      response,
      message: signedMessage(request),
      requestId: randomUUID(),
      signal: gone.signal,
      protocol: general.json,
      bytesIn: 0,
      bytesOut: 0,
    };
    let problem: string | undefined;
    try {
      await serve(call);
    } catch (error) {
      if (error instanceof ClientGone || gone.signal.aborted) {
        problem = 'ClientGone';
        response.destroy();
      } else {
        const known = error instanceof AwsError ? error : failureOf(call, error);
        problem = known.code;
        answerError(call, known);
      }
    }
    logCall(call, started, problem);
  };

  const authenticate = async (request: IncomingMessage): Promise<AuthenticatedCaller> => {
    const message = signedMessage(request);
    const claim = claimedSignature(message);
    checkScope(claim, undefined);
    return { ...(await verify(claim, message, nothing, verification)), region: claim.scope.region };
  };

  return { handle, authenticate };
};
