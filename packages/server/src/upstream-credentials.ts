/**
 * `/oreno/registry/credentials`: credentials of upstream registries, for pull-through cache rules and the account's root
 * alone. `GET` lists them without what is secret, `PUT ?name=…[&account=…&region=…]` with `{"username","accessToken"}`
 * keeps some and answers their ARN, `DELETE` with the same query forgets them. On AWS this is Secrets Manager's.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AwsError, type Dispatcher } from '@oreno/aws-wire';
import { isSecretName, longestAccessToken } from '@oreno/ecr';
import type { UpstreamCredentials, UpstreamSecrets } from '@oreno/ecr';
import { answerOwn, readBody } from './own-endpoint.ts';

export const upstreamCredentialsPath = '/oreno/registry/credentials';

export interface CredentialsDesk {
  readonly authenticate: Dispatcher['authenticate'];
  readonly secrets: UpstreamSecrets;
}

const wrong = (message: string): AwsError => new AwsError('ValidationException', message);

const credentialsOf = (body: Buffer): UpstreamCredentials => {
  let read: Partial<Record<keyof UpstreamCredentials, unknown>> | null;
  try {
    read = JSON.parse(body.toString()) as typeof read;
  } catch {
    throw wrong('The body must be JSON.');
  }
  const { username, accessToken } = read ?? {};
  if (typeof username !== 'string' || username === '') throw wrong('username is missing.');
  if (typeof accessToken !== 'string' || accessToken === '') throw wrong('accessToken is missing.');
  if (Buffer.byteLength(accessToken) > longestAccessToken) {
    throw wrong(`accessToken has more than ${longestAccessToken} bytes.`);
  }
  return { username, accessToken };
};

const answerOf = async (request: IncomingMessage, { authenticate, secrets }: CredentialsDesk): Promise<object> => {
  const body = await readBody(request);
  const caller = await authenticate(request, body);
  if (caller.type !== 'root') {
    throw new AwsError('AccessDeniedException', 'Only the root of the account keeps credentials of other registries.');
  }
  if (request.method === 'GET') return { credentials: await secrets.list() };
  const { searchParams } = new URL(request.url ?? '', 'http://server');
  const name = searchParams.get('name') ?? '';
  if (!isSecretName(name)) throw wrong('name must be ecr-pullthroughcache/ and letters, digits and /_+=.@- after it.');
  const scope = {
    account: searchParams.get('account') ?? caller.account,
    region: searchParams.get('region') ?? caller.region,
  };
  if (request.method === 'PUT') return { arn: await secrets.put(scope, name, credentialsOf(body)) };
  if (request.method === 'DELETE') return { deleted: await secrets.remove(scope, name) };
  throw new AwsError('UnknownOperationException', `There is GET, PUT and DELETE ${upstreamCredentialsPath}.`);
};

/** Answers one request under `/oreno/registry/credentials`. Rejects only for failures of the store. */
export const serveUpstreamCredentials = (
  request: IncomingMessage,
  response: ServerResponse,
  desk: CredentialsDesk,
): Promise<void> => answerOwn(response, () => answerOf(request, desk));
