/**
 * Finds out what a request calls. Every AWS service shares `POST /`, so it is told from what the request says: the
 * prefix of `X-Amz-Target`, the path of an RPC v2 call, or the query protocol's Action with the signature's scope
 * and the Version.
 */
import type { ModelTable } from './model.ts';
import type { Protocol } from './protocols/protocol.ts';
import { uriDecode } from './sigv4/encoding.ts';
import type { SignedMessage } from './sigv4/authorization.ts';

export interface Route<Service> {
  readonly protocol: Protocol['name'];
  /** Undefined when no service of this name is here. */
  readonly service: Service | undefined;
  /** As the request has it; not checked against the model. */
  readonly operation: string;
}

export interface Routed {
  readonly table: ModelTable;
}

const rpcPath = /^\/service\/([^/]+)\/operation\/([^/]+)\/?$/;

/** The first value of a parameter in form or query text, without parsing the rest. */
const parameter = (text: string, name: string): string | undefined => {
  const match = new RegExp(`(?:^|&)${name}=([^&]*)`).exec(text);
  return match?.[1] === undefined ? undefined : uriDecode(match[1]);
};

/** The service name in a claimed credential scope, unproven. */
const claimedService = (message: SignedMessage): string | undefined => {
  const authorization =
    message.header('authorization') ?? uriDecode(parameter(message.query, 'X-Amz-Credential') ?? '');
  return /\/([^/,\s]+)\/aws4_request/.exec(authorization)?.[1];
};

const routeQuery = <Service extends Routed>(
  services: readonly Service[],
  message: SignedMessage,
  body: Buffer,
): Route<Service> => {
  const form = body.toString('latin1');
  const find = (name: string): string | undefined => parameter(message.query, name) ?? parameter(form, name);
  const [scope, version] = [claimedService(message), find('Version')];
  const speaking = services.filter(({ table }) => table.protocols.includes('query'));
  const service =
    speaking.find(({ table }) => table.signingName === scope) ??
    (scope === undefined ? speaking.find(({ table }) => table.apiVersion === version) : undefined);
  const isJsonWanted = message.header('accept')?.startsWith('application/json') === true;
  return { protocol: isJsonWanted ? 'query-json' : 'query', service, operation: find('Action') ?? '' };
};

/** What the request calls, or undefined when it says nothing that AWS would understand. */
export const routeOf = <Service extends Routed>(
  services: readonly Service[],
  message: SignedMessage,
  body: Buffer,
): Route<Service> | undefined => {
  const target = message.header('x-amz-target');
  if (target !== undefined) {
    const at = target.lastIndexOf('.');
    const prefix = target.slice(0, Math.max(at, 0));
    const service = services.find(({ table }) => table.targetPrefix === prefix);
    return { protocol: 'json', service, operation: target.slice(at + 1) };
  }
  const rpc = rpcPath.exec(message.path);
  if (rpc !== null) {
    const [, name = '', operation = ''] = rpc;
    const service = services.find(
      ({ table }) => table.targetPrefix === name && table.protocols.includes('smithy-rpc-v2-cbor'),
    );
    return { protocol: 'cbor', service, operation };
  }
  const isForm = message.header('content-type')?.startsWith('application/x-www-form-urlencoded') === true;
  const hasAction = parameter(message.query, 'Action') !== undefined;
  return isForm || hasAction ? routeQuery(services, message, body) : undefined;
};
