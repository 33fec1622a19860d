import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CloudWatchClient,
  GetMetricStatisticsCommand,
  ListMetricsCommand,
  PutMetricDataCommand,
} from '@aws-sdk/client-cloudwatch';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  PutLogEventsCommand,
  StartLiveTailCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import { CreateRepositoryCommand, ECRClient, UploadLayerPartCommand } from '@aws-sdk/client-ecr';
import {
  DescribeTasksCommand,
  ECSClient,
  ListClustersCommand,
  ListServicesCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
} from '@aws-sdk/client-ecs';
import { GetUserCommand, IAMClient, ListUsersCommand } from '@aws-sdk/client-iam';
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { SmithyRpcV2CborProtocol } from '@smithy/core/cbor';
import { callAws, ecsModel } from '../src/index.ts';
import { accessKeyId, secretAccessKey, sessionKeyId, sessionToken, startServer } from './harness.ts';
import type { TestServer } from './harness.ts';

let server: TestServer;
before(async () => {
  server = await startServer();
});
after(() => server.close());

const config = (keys: object = { accessKeyId, secretAccessKey }) => ({
  endpoint: server.origin,
  region: 'us-east-1',
  credentials: keys as { accessKeyId: string; secretAccessKey: string },
  maxAttempts: 1,
});

const refusal = async (call: Promise<unknown>) => {
  const error: unknown = await call.then(
    () => assert.fail('the call was not refused'),
    (reason: unknown) => reason,
  );
  const { name, message, $metadata } = error as Error & { $metadata: { httpStatusCode: number; requestId: string } };
  assert.match($metadata.requestId, /^[0-9a-f-]{36}$/);
  return { name, message, status: $metadata.httpStatusCode };
};

test('JSON 1.1: outputs, times and empty lists arrive', async () => {
  const client = new ECSClient(config());
  const { tasks = [], $metadata } = await client.send(new DescribeTasksCommand({ tasks: ['a', 'b'] }));
  assert.deepEqual(tasks[0], { taskArn: 'a', createdAt: new Date(1_795_373_069_820), containers: [] });
  assert.match($metadata.requestId ?? '', /^[0-9a-f-]{36}$/);
  const { clusterArns } = await client.send(new ListClustersCommand({}));
  assert.deepEqual(clusterArns, ['arn:aws:ecs:us-east-1:000000000000:cluster/default']);
});

test('JSON 1.1: modelled errors, crashes, missing operations', async () => {
  const client = new ECSClient(config());
  assert.deepEqual(await refusal(client.send(new DescribeTasksCommand({ cluster: 'missing', tasks: [] }))), {
    name: 'ClusterNotFoundException',
    message: 'Cluster not found.',
    status: 400,
  });
  const crash = await refusal(client.send(new DescribeTasksCommand({ cluster: 'crash', tasks: [] })));
  assert.deepEqual([crash.name, crash.status], ['ServerException', 500]);
  assert.match(String(server.errors.at(-1)?.['stack']), /a handler fell over/);
  const unsupported = await refusal(client.send(new ListServicesCommand({})));
  assert.deepEqual([unsupported.name, unsupported.status], ['UnsupportedFeatureException', 400]);
  assert.match(unsupported.message, /ListServices/);
});

test('JSON 1.1: constraints of the model in the words of the service', async () => {
  const ecs = new ECSClient(config());
  const launchType = await refusal(ecs.send(new RunTaskCommand({ taskDefinition: 'a', launchType: 'MOON' as 'EC2' })));
  assert.deepEqual(launchType, {
    name: 'InvalidParameterException',
    message:
      "1 validation error detected: Value 'MOON' at 'launchType' failed to satisfy constraint: Member must satisfy enum value set: [EC2, FARGATE, EXTERNAL, MANAGED_INSTANCES]",
    status: 400,
  });
  const compatibilities = { family: 'f', containerDefinitions: [], requiresCompatibilities: ['X' as 'EC2'] };
  const list = await refusal(ecs.send(new RegisterTaskDefinitionCommand(compatibilities)));
  assert.equal(list.name, 'ClientException');
  assert.match(
    list.message,
    /Value '\[X\]' at 'requiresCompatibilities' .*: Member must satisfy constraint: \[Member must satisfy enum value set: \[/,
  );
  const ecr = new ECRClient(config());
  const name = await refusal(ecr.send(new CreateRepositoryCommand({ repositoryName: 'U' })));
  assert.equal(name.name, 'InvalidParameterException');
  assert.match(
    name.message,
    /^Invalid parameter at 'repositoryName' failed to satisfy constraint: 'must satisfy regular expression '/,
  );
  const logs = new CloudWatchLogsClient(config());
  const events = await refusal(
    logs.send(new PutLogEventsCommand({ logGroupName: 'g', logStreamName: 's', logEvents: [] })),
  );
  assert.equal(
    events.message,
    "1 validation error detected: Value '[]' at 'logEvents' failed to satisfy constraint: Member must have length greater than or equal to 1",
  );
});

test('JSON 1.1: blobs, empty answers, denied actions, event streams', async () => {
  const ecr = new ECRClient(config());
  const layerPartBlob = new Uint8Array([0, 255, 128]);
  const part = {
    repositoryName: 'app',
    uploadId: '00000000-0000-0000-0000-000000000000',
    partFirstByte: 0,
    partLastByte: 2,
    layerPartBlob,
  };
  assert.equal((await ecr.send(new UploadLayerPartCommand(part))).uploadId, '3');
  const denied = await refusal(ecr.send(new CreateRepositoryCommand({ repositoryName: 'app' })));
  assert.deepEqual([denied.name, denied.status], ['AccessDeniedException', 400]);
  const logs = new CloudWatchLogsClient({ ...config(), disableHostPrefix: true });
  await logs.send(new CreateLogGroupCommand({ logGroupName: 'g' }));
  const tail = await logs.send(
    new StartLiveTailCommand({ logGroupIdentifiers: ['arn:aws:logs:us-east-1:000000000000:log-group:g'] }),
  );
  const events: unknown[] = [];
  for await (const event of tail.responseStream ?? []) events.push(event);
  assert.equal(events.length, 2);
  assert.match(JSON.stringify(events), /hello/);
});

const cloudwatchClients = () => ({
  json: new CloudWatchClient(config()),
  cbor: new CloudWatchClient({
    ...config(),
    // With CBOR this client states the length from before its compression, which no server can read.
    disableRequestCompression: true,
    protocol: new SmithyRpcV2CborProtocol({ defaultNamespace: 'com.amazonaws.cloudwatch' }) as never,
  }),
});

for (const protocol of ['json', 'cbor'] as const) {
  test(`CloudWatch over ${protocol}: times, gzip, query error codes`, async () => {
    const client = cloudwatchClients()[protocol];
    const start = new Date(1_795_373_069_000);
    const statistics = { Namespace: 'N', MetricName: 'm', StartTime: start, EndTime: new Date(), Period: 60 };
    const { Datapoints = [] } = await client.send(new GetMetricStatisticsCommand(statistics));
    assert.deepEqual(Datapoints, [{ Timestamp: start, Sum: 1.5 }]);
    const MetricData = Array.from({ length: 400 }, (_, index) => ({
      MetricName: `metric-${index}-of-many`,
      Value: index,
    }));
    await client.send(new PutMetricDataCommand({ Namespace: 'N', MetricData }));
    const missing = await refusal(client.send(new PutMetricDataCommand({ Namespace: 'Missing', MetricData: [] })));
    assert.deepEqual([missing.name, missing.message, missing.status], ['ResourceNotFound', 'No such thing.', 404]);
    const { Metrics } = await client.send(new ListMetricsCommand({ Namespace: 'AWS/ECS' }));
    assert.equal(Metrics?.[0]?.MetricName, 'a<b>&"c');
  });
}

test('query: results, errors, missing operations', async () => {
  const iam = new IAMClient(config());
  const { Users = [] } = await iam.send(new ListUsersCommand({}));
  assert.deepEqual(Users[0]?.CreateDate, new Date(1_795_373_069_820));
  const missing = await refusal(iam.send(new GetUserCommand({ UserName: 'nobody' })));
  assert.deepEqual([missing.name, missing.status], ['NoSuchEntityException', 404]);
  const sts = new STSClient(config());
  assert.equal((await sts.send(new GetCallerIdentityCommand({}))).Arn, 'arn:aws:iam::000000000000:root');
});

test('keys: session tokens, unknown keys, wrong secrets, old tokens', async () => {
  const identity = (keys: object) => new STSClient(config(keys)).send(new GetCallerIdentityCommand({}));
  assert.equal((await identity({ accessKeyId: sessionKeyId, secretAccessKey, sessionToken })).Account, '000000000000');
  const names = async (keys: object) => {
    const json = await refusal(new ECSClient(config(keys)).send(new ListClustersCommand({})));
    const query = await refusal(identity(keys));
    return [json.name, json.status, query.name, query.status];
  };
  assert.deepEqual(await names({ accessKeyId: 'AKIANOBODY', secretAccessKey }), [
    'UnrecognizedClientException',
    400,
    'InvalidClientTokenId',
    403,
  ]);
  assert.deepEqual(await names({ accessKeyId, secretAccessKey: 'wrong' }), [
    'InvalidSignatureException',
    400,
    'SignatureDoesNotMatch',
    403,
  ]);
  assert.deepEqual(await names({ accessKeyId: sessionKeyId, secretAccessKey, sessionToken: 'old' }), [
    'ExpiredTokenException',
    400,
    'ExpiredToken',
    403,
  ]);
});

test('the client of our own: outputs, errors, no answer', async () => {
  const common = {
    origin: server.origin,
    model: ecsModel,
    region: 'eu-west-1',
    credentials: { accessKeyId, secretAccessKey },
  };
  const { tasks } = await callAws({ ...common, operation: 'DescribeTasks', input: { tasks: ['x'] } });
  assert.deepEqual(tasks, [{ taskArn: 'x', createdAt: 1_795_373_069_820, containers: [] }]);
  await assert.rejects(callAws({ ...common, operation: 'DescribeTasks', input: { cluster: 'missing', tasks: [] } }), {
    code: 'ClusterNotFoundException',
    message: 'Cluster not found.',
  });
  await assert.rejects(callAws({ ...common, origin: 'http://127.0.0.1:1', operation: 'ListClusters', input: {} }), {
    code: 'ECONNREFUSED',
  });
});
