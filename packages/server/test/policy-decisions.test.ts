/** What policies decide on real calls of a running server: signed ones of the API, and docker's. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { AwsError, callAws, cloudwatchModel, ecrModel, ecsModel, logsModel } from '@oreno/aws-wire';
import type { ecr as ecrTypes, sign } from '@oreno/aws-wire';
import { startServer, type RunningServer } from '../src/index.ts';

const account = '000000000000';
const stranger = '111122223333';
const region = 'us-east-1';
const repositoryName = 'app';
type Policies = Parameters<RunningServer['issueSession']>[0]['policies'];
type Caller = Parameters<typeof sign>[0]['credentials'];
type EcrOperations = ecrTypes.Operations;

const no = {
  identity: /because no identity-based policy allows the ecr:BatchGetImage action$/,
  resource: /because no resource-based policy allows the ecr:BatchGetImage action$/,
  deny: /with an explicit deny in a resource-based policy$/,
};

describe('policies decide', () => {
  let dataDir: string;
  let server: RunningServer;
  before(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'oreno-policies-'));
    const listen = { host: '127.0.0.1', port: 0 };
    server = await startServer({ listen, dataDir, account, region, cluster: 'default', log: () => {} });
    await ecr('CreateRepository', { repositoryName });
  });
  after(async () => {
    await server.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  const caller = (credentials: Caller) => ({ origin: server.origin, region, credentials });
  const ecr = <Name extends keyof EcrOperations>(
    operation: Name,
    input: EcrOperations[Name]['input'],
    credentials: Caller = server.rootAccessKey,
  ) => callAws({ ...caller(credentials), model: ecrModel, operation, input });
  /** A session of the role `/teams/build`, with policies of AWS's. */
  const session = (owner: string, policies: Policies) =>
    server.issueSession({
      roleArn: `arn:aws:iam::${owner}:role/teams/build`,
      sessionName: 'job-1',
      durationSeconds: 900,
      policies,
    });
  const pull = (credentials: Caller) =>
    ecr('BatchGetImage', { registryId: account, repositoryName, imageIds: [{ imageTag: 'v1' }] }, credentials);
  const setPolicy = (statements: readonly object[]) =>
    statements.length === 0
      ? ecr('DeleteRepositoryPolicy', { repositoryName }).catch(() => undefined)
      : ecr('SetRepositoryPolicy', {
          repositoryName,
          policyText: JSON.stringify({ Version: '2012-10-17', Statement: statements }),
          force: true,
        });
  /** Why a call is refused; undefined when it is not. */
  const refusal = async (call: Promise<unknown>): Promise<string | undefined> => {
    try {
      await call;
      return undefined;
    } catch (error) {
      assert.ok(error instanceof AwsError);
      assert.equal(error.code, 'AccessDeniedException');
      return error.message;
    }
  };
  const dockerPull = async (credentials: Caller): Promise<number> => {
    const { authorizationData } = await ecr('GetAuthorizationToken', { registryIds: [account] }, credentials);
    const authorization = `Basic ${authorizationData?.[0]?.authorizationToken}`;
    const response = await fetch(`${server.origin}/v2/${repositoryName}/manifests/v1`, { headers: { authorization } });
    await response.arrayBuffer();
    return response.status;
  };

  const puller: Policies = ['AmazonECSTaskExecutionRolePolicy'];
  const role = (owner: string) => `arn:aws:iam::${owner}:role/teams/build`;
  const sessionArn = (owner: string) => `arn:aws:sts::${owner}:assumed-role/build/job-1`;
  const allow = (AWS: unknown, Condition?: object) => ({
    Effect: 'Allow',
    Principal: { AWS },
    Action: 'ecr:BatchGetImage',
    Condition,
  });
  const deny = (Condition?: object) => ({ ...allow('*', Condition), Effect: 'Deny' });
  const except = (AWS: readonly string[]) => ({ Effect: 'Deny', NotPrincipal: { AWS }, Action: 'ecr:*' });
  const loopback = { IpAddress: { 'aws:SourceIp': '127.0.0.0/8' } };
  const elsewhere = { NotIpAddress: { 'aws:SourceIp': ['127.0.0.0/8', '::1'] } };

  type Case = readonly [string, string, Policies, readonly object[], RegExp | undefined];
  const cases: readonly Case[] = [
    ['the own policy is enough', account, puller, [], undefined],
    ['nothing allows', account, [], [], no.identity],
    ['a repository may name the role', account, [], [allow(role(account))], undefined],
    ['or the session', account, [], [allow(sessionArn(account))], undefined],
    ['or everybody', account, [], [allow('*')], undefined],
    ['a role without its path is another', account, [], [allow(`arn:aws:iam::${account}:role/build`)], no.identity],
    ['naming the account leaves it to the own policies', account, [], [allow(account)], no.identity],
    ['and they may', account, puller, [allow(account)], undefined],
    ['a deny wins', account, puller, [allow('*'), deny()], no.deny],
    ['another account needs both: none', stranger, [], [], no.resource],
    ['the own alone', stranger, puller, [], no.resource],
    ['the repository alone', stranger, [], [allow(role(stranger))], no.identity],
    ['both', stranger, puller, [allow(role(stranger))], undefined],
    ['both, by the account', stranger, puller, [allow(stranger)], undefined],
    ['both, but a third account', stranger, puller, [allow('999999999999')], no.resource],
    ['a condition holds', account, [], [allow('*', loopback)], undefined],
    ['a condition fails', account, [], [allow('*', elsewhere)], no.identity],
    ['a deny is for others', account, puller, [deny(elsewhere)], undefined],
    ['a deny of what came without TLS', account, puller, [deny({ Bool: { 'aws:SecureTransport': 'false' } })], no.deny],
    [
      'the role, of whatever session',
      account,
      [],
      [allow('*', { ArnEquals: { 'aws:PrincipalArn': role(account) } })],
      undefined,
    ],
    [
      'a deny of all but the role',
      account,
      puller,
      [deny({ ArnNotEquals: { 'aws:PrincipalArn': role(account) } })],
      undefined,
    ],
    [
      'a deny without MFA',
      account,
      puller,
      [deny({ BoolIfExists: { 'aws:MultiFactorAuthPresent': 'false' } })],
      no.deny,
    ],
    [
      'a deny of other organizations',
      account,
      puller,
      [deny({ StringNotEquals: { 'aws:PrincipalOrgID': 'o-1' } })],
      no.deny,
    ],
    [
      'none where it is not known to be one',
      account,
      puller,
      [deny({ StringNotEqualsIfExists: { 'aws:PrincipalOrgID': 'o-1' }, Null: { 'aws:PrincipalOrgID': 'false' } })],
      undefined,
    ],
    [
      'no session issued before',
      account,
      puller,
      [deny({ DateLessThan: { 'aws:TokenIssueTime': '2020-01-01T00:00:00Z' } })],
      undefined,
    ],
    [
      'only until then',
      account,
      puller,
      [deny({ DateGreaterThan: { 'aws:CurrentTime': '2020-01-01T00:00:00Z' } })],
      no.deny,
    ],
    ['all but these', account, puller, [except([account, role(account), sessionArn(account)])], undefined],
    ['all but these, without the account', account, puller, [except([role(account), sessionArn(account)])], no.deny],
  ];

  for (const [name, owner, policies, statements, refused] of cases) {
    it(`on repositories: ${name}`, async () => {
      await setPolicy(statements);
      const credentials = session(owner, policies);
      const why = await refusal(
        pull(credentials).catch((error: unknown) => {
          // What is allowed finds no such image.
          if (!(error instanceof AwsError && error.code === 'ImageNotFoundException')) throw error;
        }),
      );
      if (refused === undefined) assert.equal(why, undefined);
      else assert.match(why ?? '', refused);
      if (policies.length > 0) assert.equal(await dockerPull(credentials), refused === undefined ? 404 : 403);
    });
  }

  it('on the root of the account too, except that it can always mend a policy', async () => {
    await setPolicy([deny()]);
    assert.match((await refusal(pull(server.rootAccessKey))) ?? '', no.deny);
    await setPolicy([]);
    assert.equal(await refusal(pull(server.rootAccessKey)), undefined);
  });

  it('on logs, alarms and clusters', async () => {
    const called = caller(session(account, puller));
    const logGroupName = '/app';
    const AlarmNames = ['busy'];
    const alarm = `arn:aws:cloudwatch:${region}:${account}:alarm:`;
    const who = `User: ${sessionArn(account)} is not authorized to perform:`;
    const asked = [
      await refusal(callAws({ ...called, model: logsModel, operation: 'CreateLogGroup', input: { logGroupName } })),
      await refusal(callAws({ ...called, model: logsModel, operation: 'DeleteLogGroup', input: { logGroupName } })),
      await refusal(callAws({ ...called, model: logsModel, operation: 'DescribeLogGroups', input: {} })),
      await refusal(callAws({ ...called, model: cloudwatchModel, operation: 'DescribeAlarms', input: {} })),
      await refusal(callAws({ ...called, model: cloudwatchModel, operation: 'DeleteAlarms', input: { AlarmNames } })),
      await refusal(callAws({ ...called, model: ecsModel, operation: 'ListClusters', input: {} })),
      await refusal(callAws({ ...called, model: ecsModel, operation: 'DeleteCluster', input: { cluster: 'default' } })),
    ];
    const cluster = `arn:aws:ecs:${region}:${account}:cluster/default`;
    const group = `arn:aws:logs:${region}:${account}:log-group:${logGroupName}`;
    const expected = [
      undefined,
      `${who} logs:DeleteLogGroup on resource: ${group}:log-stream: because no`,
      `${who} logs:DescribeLogGroups on resource: arn:aws:logs:${region}:${account}:log-group::log-stream: because no`,
      `${who} cloudwatch:DescribeAlarms on resource: ${alarm}* because no`,
      `${who} cloudwatch:DeleteAlarms on resource: ${alarm}busy because no`,
      `${who} ecs:ListClusters because no`,
      `${who} ecs:DeleteCluster on resource: ${cluster} because no`,
    ];
    assert.deepEqual(
      asked.map((why, at) => why?.slice(0, expected[at]?.length)),
      expected,
    );
  });
});
