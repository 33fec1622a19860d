/**
 * The steps of a call, the same for every service: read the body, find what is called, prove the signature, decode
 * and validate the input, ask the authorizer, run the handler, encode. Each throws the error that refuses the call.
 */
import { AwsError } from '../aws-error.ts';
import type { CompiledService } from '../compiled-service.ts';
import { decodedBody, readBody } from '../http/body.ts';
import type { BodyLimits } from '../http/body.ts';
import { sendAnswer, sendEventStream } from '../http/send.ts';
import type { Authorizer } from '../ports.ts';
import { claimedSignature } from '../sigv4/authorization.ts';
import type { ClaimedSignature } from '../sigv4/authorization.ts';
import { verify } from '../sigv4/verify.ts';
import type { Verification } from '../sigv4/verify.ts';
import { contextOf } from './call.ts';
import type { Call } from './call.ts';
import type { Directory } from './directory.ts';

export interface ServeParts {
  readonly directory: Directory;
  readonly limits: BodyLimits;
  readonly verification: Verification;
  readonly authorizer: Authorizer;
  /** Logs what nobody foresaw and words it as the service's own server error. */
  readonly failureOf: (call: Call, error: unknown) => AwsError;
}

const nothing = Buffer.alloc(0);

/** Throws when a signature is for another service, or for a region that cannot be one. */
export const checkScope = (claim: ClaimedSignature, service: string | undefined): void => {
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

const readCall = async (call: Call, { directory, limits }: ServeParts): Promise<Buffer> => {
  // Most calls are known by their headers, and a body that cannot be read is refused in the right protocol.
  directory.follow(call, nothing);
  const body = await readBody(call.request, limits);
  call.bytesIn = body.length;
  if (call.protocol.name.startsWith('query')) directory.follow(call, body);
  return body;
};

/** The called operation, which is of the model and has a handler. */
const operationOf = (call: Call, { table, service, dialect }: CompiledService): string => {
  const operation = call.operation ?? '';
  if (!Object.hasOwn(table.operations, operation)) throw unknownOperation(operation, table.apiVersion);
  if (service.implemented.has(operation)) return operation;
  throw new AwsError(dialect.unsupported, `oreno does not have the operation ${operation} of ${table.serviceId}.`);
};

const inputOf = async (call: Call, compiled: CompiledService, operation: string, body: Buffer, limits: BodyLimits) => {
  const plain = await decodedBody(body, call.request.headers['content-encoding'], limits.maxBytes);
  const input = call.protocol.readInput(operation, plain, call.message.query);
  const problem = compiled.problem(operation, input);
  if (problem !== undefined) throw problem;
  return input;
};

const answer = async (call: Call, compiled: CompiledService, output: unknown, { failureOf }: ServeParts) => {
  const { requestId, signal, response, operation = '' } = call;
  const writer = compiled.eventStream(operation);
  if (writer === undefined) return sendAnswer(response, call.protocol.writeOutput(operation, output, requestId));
  const failure = (error: unknown): AwsError => failureOf(call, error);
  return sendEventStream(response, output as Readonly<Record<string, unknown>>, { writer, requestId, signal, failure });
};

/** Takes a call through all its steps, up to its answer. Throws the error that it is to be answered with. */
export const serve = async (call: Call, parts: ServeParts): Promise<void> => {
  const { verification, authorizer, limits } = parts;
  const body = await readCall(call, parts);
  const claim = claimedSignature(call.message);
  checkScope(claim, call.compiled?.table.signingName);
  const principal = await verify(claim, call.message, body, verification);
  call.principal = principal;
  if (call.compiled === undefined) throw unknownOperation(call.operation ?? '', undefined);
  const { region } = claim.scope;
  const operation = operationOf(call, call.compiled);
  const input = await inputOf(call, call.compiled, operation, body, limits);
  const { service, table } = call.compiled;
  const context = contextOf(call, principal, region, verification.now);
  const prepared = service.prepare(operation, input, context);
  await authorizer.authorize({
    principal,
    action: `${table.service}:${operation}`,
    resources: prepared.resources,
    policiesOf: prepared.policiesOf,
    region,
    call: context.call,
  });
  call.bytesOut = await answer(call, call.compiled, await prepared.run(), parts);
};
