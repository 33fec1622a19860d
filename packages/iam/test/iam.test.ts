import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { IAMClient, ListUsersCommand } from '@aws-sdk/client-iam';
import { GetCallerIdentityCommand, GetSessionTokenCommand, STSClient } from '@aws-sdk/client-sts';
import { createDispatcher } from '@oreno/aws-wire';
import type { Principal } from '@oreno/aws-wire';
import { openTemporaryStore } from '@oreno/store';
import type { Store } from '@oreno/store';
import { openIam, readRootAccessKey } from '../src/index.ts';
import type { IamRoom } from '../src/index.ts';

const account = '123456789012';
const roleArn = `arn:aws:iam::${account}:role/service-role/ecsTaskExecutionRole`;
const log = () => undefined;

let store: Store;
let dataDir: string;
let room: IamRoom;
let time = 1_795_373_069_820;
const now = () => time;

before(async () => {
  store = await openTemporaryStore();
  dataDir = mkdtempSync(join(tmpdir(), 'oreno-iam-'));
  room = await openIam({ store, dataDir: join(dataDir, 'server'), account, now, log });
});
after(async () => {
  await store.close();
  rmSync(dataDir, { recursive: true });
});

const issue = (policies: Parameters<IamRoom['issueSession']>[0]['policies'], seconds = 3600) =>
  room.issueSession({ roleArn, sessionName: 'task/0af1', durationSeconds: seconds, policies });

const principalOf = async (session: ReturnType<typeof issue>): Promise<Principal> => {
  const found = await room.credentials.lookup(session.accessKeyId, session.sessionToken);
  assert.ok(typeof found === 'object');
  assert.equal(found.secretAccessKey, session.secretAccessKey);
  return found.principal;
};

test('the root key is made once, for its owner alone, and read back', async () => {
  const path = join(dataDir, 'server', 'root-access-key.json');
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.match(room.rootAccessKey.accessKeyId, /^AKIA[A-Z2-7]{16}$/);
  assert.equal(room.rootAccessKey.secretAccessKey.length, 40);
  const again = await openIam({ store, dataDir: join(dataDir, 'server'), account, now, log });
  assert.deepEqual(again.rootAccessKey, room.rootAccessKey);
  assert.deepEqual(readRootAccessKey(join(dataDir, 'server')), room.rootAccessKey);
  assert.equal(readRootAccessKey(join(dataDir, 'nowhere')), undefined);
  const given = { accessKeyId: 'AKIAGIVEN', secretAccessKey: 'secret' };
  const other = join(dataDir, 'other');
  assert.deepEqual((await openIam({ store, dataDir: other, account, root: given, now, log })).rootAccessKey, given);
  assert.equal(readRootAccessKey(other), undefined);
});

test('a damaged root key file is an error that names it', () => {
  writeFileSync(join(dataDir, 'root-access-key.json'), '{"accessKeyId":');
  assert.throws(() => readRootAccessKey(dataDir), /root-access-key\.json holds no root access key/);
});

test('sealed tokens open for their purpose, until their end, on every server of the store', async () => {
  const token = room.seal('ecr', { for: 'me' }, time + 1000);
  const other = await openIam({ store, dataDir: join(dataDir, 'replica'), account, now, log });
  assert.deepEqual(other.unseal('ecr', token, time), { for: 'me' });
  assert.equal(room.unseal('session', token, time), undefined);
  assert.equal(room.unseal('ecr', token, time + 1000), undefined);
  const bytes = Buffer.from(token, 'base64url');
  for (const at of [0, 1, 13, 20, bytes.length - 1]) {
    const forged = Buffer.from(bytes);
    forged[at] = (forged[at] ?? 0) ^ 1;
    assert.equal(room.unseal('ecr', forged.toString('base64url'), time), undefined);
  }
  for (const junk of ['', 'a', 'x'.repeat(100_000), 'AQ']) assert.equal(room.unseal('ecr', junk, time), undefined);
});

test('sessions: identity, end, foreign keys', async () => {
  const session = issue([]);
  const principal = await principalOf(session);
  assert.equal(principal.arn, `arn:aws:sts::${account}:assumed-role/ecsTaskExecutionRole/task-0af1`);
  assert.match(principal.userId, /^AROA[A-Z2-7]{16}:task-0af1$/);
  assert.match(session.accessKeyId, /^ASIA/);
  const lookup = room.credentials.lookup;
  assert.equal(await lookup(session.accessKeyId, undefined), 'UnrecognizedClientException');
  assert.equal(await lookup(issue([]).accessKeyId, session.sessionToken), 'UnrecognizedClientException');
  assert.equal(await lookup(session.accessKeyId, `${session.sessionToken}x`), 'UnrecognizedClientException');
  assert.equal(await lookup(room.rootAccessKey.accessKeyId, session.sessionToken), 'UnrecognizedClientException');
  time += 3_600_001;
  assert.equal(await lookup(session.accessKeyId, session.sessionToken), 'ExpiredTokenException');
});

test('sessions may do what their policies allow, and nothing else', async () => {
  const allowed = async (policies: Parameters<typeof issue>[0], action: string, resource = '*') => {
    const question = {
      principal: await principalOf(issue(policies)),
      action,
      resources: [resource],
      region: 'us-east-1',
    };
    return room.authorizer.authorize(question).then(
      () => true,
      (error: { code: string; message: string }) => {
        assert.equal(error.code, 'AccessDeniedException');
        return error.message;
      },
    );
  };
  const group = `arn:aws:logs:us-east-1:${account}:log-group:/ecs/hello`;
  assert.equal(await allowed(['AmazonECSTaskExecutionRolePolicy'], 'ecr:BatchGetImage'), true);
  assert.equal(await allowed(['AmazonECSTaskExecutionRolePolicy'], 'logs:PutLogEvents', group), true);
  assert.equal(await allowed(['AmazonEC2ContainerServiceforEC2Role'], 'ecs:SubmitTaskStateChange'), true);
  assert.equal((await allowed(['AmazonEC2ContainerServiceforEC2Role'], 'ecs:RunTask')) === true, false);
  assert.equal(await allowed([], 'sts:GetCallerIdentity'), true);
  const task = (id: string): string => `arn:aws:ecs:us-east-1:${account}:task/default/${id}`;
  assert.equal(await allowed(['OwnTaskProtection'], 'ecs:UpdateTaskProtection', task('task-0af1')), true);
  assert.equal((await allowed(['OwnTaskProtection'], 'ecs:UpdateTaskProtection', task('other'))) === true, false);
  const elsewhere = task('task-0af1').replace(account, '999999999999');
  assert.equal((await allowed(['OwnTaskProtection'], 'ecs:UpdateTaskProtection', elsewhere)) === true, false);
  assert.equal((await allowed(['OwnTaskProtection'], 'ecs:StopTask', task('task-0af1'))) === true, false);
  assert.equal(
    await allowed([], 'logs:PutLogEvents', group),
    `User: arn:aws:sts::${account}:assumed-role/ecsTaskExecutionRole/task-0af1 is not authorized to perform: logs:PutLogEvents on resource: ${group} because no identity-based policy allows the logs:PutLogEvents action`,
  );
});

test('the SDK asks STS who it is, and takes a session that works', async () => {
  const dispatcher = createDispatcher({ ...room, log, now: Date.now });
  time = Date.now();
  const server = createServer((request, response) => void dispatcher.handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = (credentials: { accessKeyId: string; secretAccessKey: string; sessionToken?: string }) => ({
    sts: new STSClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 }),
    iam: new IAMClient({ endpoint, region: 'us-east-1', credentials, maxAttempts: 1 }),
  });
  try {
    const root = client(room.rootAccessKey);
    const { Arn } = await root.sts.send(new GetCallerIdentityCommand({}));
    assert.equal(Arn, `arn:aws:iam::${account}:root`);
    const { Credentials } = await root.sts.send(new GetSessionTokenCommand({}));
    assert.ok(Credentials?.AccessKeyId && Credentials.SecretAccessKey && Credentials.SessionToken);
    assert.equal(Credentials.Expiration?.getTime(), Math.floor(time / 1000) * 1000 + 3_600_000);
    const session = client({
      accessKeyId: Credentials.AccessKeyId,
      secretAccessKey: Credentials.SecretAccessKey,
      sessionToken: Credentials.SessionToken,
    });
    assert.equal((await session.sts.send(new GetCallerIdentityCommand({}))).Account, account);
    await assert.rejects(session.sts.send(new GetSessionTokenCommand({})), { name: 'AccessDenied' });
    await assert.rejects(root.iam.send(new ListUsersCommand({})), { name: 'InvalidAction' });
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
