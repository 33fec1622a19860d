/** Clients of the query protocol that accept JSON, as aws-iam-authenticator does of STS. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { presign, stsModel } from '../src/index.ts';
import { queryProtocol } from '../src/protocols/query.ts';
import { accessKeyId, secretAccessKey, startServer } from './harness.ts';
import type { TestServer } from './harness.ts';

let server: TestServer;
before(async () => {
  server = await startServer();
});
after(() => server.close());

const ask = async (
  service: string,
  query: string,
): Promise<{ readonly status: number; readonly requestId: string | null; readonly body: unknown }> => {
  const url = presign({
    method: 'GET',
    url: `${server.origin}/?${query}`,
    region: 'us-east-1',
    service,
    credentials: { accessKeyId, secretAccessKey },
    now: Date.now(),
    expiresIn: 60,
  });
  const response = await fetch(url, { headers: { accept: 'application/json' } });
  assert.equal(response.headers.get('content-type'), 'application/json');
  const requestId = response.headers.get('x-amzn-requestid');
  return { status: response.status, requestId, body: await response.json() };
};

test('results are members of objects, and times seconds', async () => {
  const { status, requestId, body } = await ask('sts', 'Action=GetCallerIdentity&Version=2011-06-15');
  assert.equal(status, 200);
  assert.deepEqual(body, {
    GetCallerIdentityResponse: {
      GetCallerIdentityResult: {
        UserId: '000000000000',
        Account: '000000000000',
        Arn: 'arn:aws:iam::000000000000:root',
      },
      ResponseMetadata: { RequestId: requestId },
    },
  });
  const users = await ask('iam', 'Action=ListUsers&Version=2010-05-08');
  const { ListUsersResponse: answer } = users.body as {
    ListUsersResponse: { ListUsersResult: { Users: readonly { CreateDate: number }[] } };
  };
  assert.equal(answer.ListUsersResult.Users[0]?.CreateDate, 1_795_373_069.82);
});

test('errors are objects too', async () => {
  const { status, requestId, body } = await ask('iam', 'Action=GetUser&Version=2010-05-08&UserName=nobody');
  const { Error: error, RequestId } = body as { Error: Record<string, unknown>; RequestId: string };
  assert.deepEqual([status, error['Code'], error['Type'], RequestId], [404, 'NoSuchEntity', 'Sender', requestId]);
  const unknown = await ask('sts', 'Action=NoSuch&Version=2011-06-15');
  assert.deepEqual(unknown.body, {
    Error: {
      Code: 'InvalidAction',
      Message: 'Could not find operation NoSuch for version 2011-06-15',
      Type: 'Sender',
    },
    RequestId: unknown.requestId,
  });
});

test('in XML a time of whole seconds has no fraction', () => {
  const written = (Expiration: number) => {
    const Credentials = { AccessKeyId: 'A', SecretAccessKey: 'S', SessionToken: 'T', Expiration };
    return String(queryProtocol(stsModel.table).writeOutput('GetSessionToken', { Credentials }, 'r').body);
  };
  assert.match(written(1_795_373_069_000), /<Expiration>2026-11-22T18:44:29Z</);
  assert.match(written(1_795_373_069_820), /<Expiration>2026-11-22T18:44:29\.820Z</);
});
