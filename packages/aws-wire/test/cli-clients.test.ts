/** The AWS CLI, versions 1 and 2, and boto3, as black boxes. Where one is not installed its tests say so. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { accessSync, constants, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { accessKeyId, secretAccessKey, startServer } from './harness.ts';
import type { TestServer } from './harness.ts';

const run = promisify(execFile);

let server: TestServer;
before(async () => {
  server = await startServer();
});
after(() => server.close());

const isThere = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

const sameFile = (path: string, other: string): boolean =>
  path === other || (isThere(other) && realpathSync(path) === realpathSync(other));

/** Every `aws` on the path: machines have versions 1 and 2 side by side. */
const commandLines = (process.env['PATH'] ?? '')
  .split(delimiter)
  .map((folder) => join(folder, 'aws'))
  .filter((path, index, all) => isThere(path) && all.findIndex((other) => sameFile(path, other)) === index);

const environment = () => ({
  ...process.env,
  AWS_ACCESS_KEY_ID: accessKeyId,
  AWS_SECRET_ACCESS_KEY: secretAccessKey,
  AWS_DEFAULT_REGION: 'us-east-1',
  AWS_MAX_ATTEMPTS: '1',
  AWS_PAGER: '',
  AWS_CONFIG_FILE: '/nonexistent',
  AWS_SHARED_CREDENTIALS_FILE: '/nonexistent',
});

const aws = async (path: string, ...words: readonly string[]): Promise<unknown> => {
  const { stdout } = await run(path, ['--endpoint-url', server.origin, '--output', 'json', ...words], {
    env: environment(),
  });
  return stdout === '' ? undefined : JSON.parse(stdout);
};

const refusal = async (path: string, ...words: readonly string[]): Promise<string> => {
  const error: unknown = await aws(path, ...words).then(
    () => assert.fail('not refused'),
    (reason: unknown) => reason,
  );
  return String((error as { readonly stderr?: string }).stderr).trim();
};

if (commandLines.length === 0) test('the AWS CLI', { skip: 'no aws on the path' }, () => undefined);

for (const path of commandLines) {
  test(`${path}: JSON and query, successes and errors`, async () => {
    const { tasks } = (await aws(path, 'ecs', 'describe-tasks', '--tasks', 'a')) as { tasks: { createdAt: unknown }[] };
    assert.ok(tasks[0]?.createdAt !== undefined);
    assert.match(
      await refusal(path, 'ecs', 'describe-tasks', '--cluster', 'missing', '--tasks', 'a'),
      /An error occurred \(ClusterNotFoundException\) when calling the DescribeTasks operation.*: Cluster not found\./,
    );
    assert.match(await refusal(path, 'ecs', 'list-services'), /UnsupportedFeatureException/);
    const identity = (await aws(path, 'sts', 'get-caller-identity')) as { Arn: string };
    assert.equal(identity.Arn, 'arn:aws:iam::000000000000:root');
    assert.match(await refusal(path, 'iam', 'get-user', '--user-name', 'x'), /\(NoSuchEntity\).*cannot be found/);
    const { Metrics } = (await aws(path, 'cloudwatch', 'list-metrics')) as { Metrics: { MetricName: string }[] };
    assert.equal(Metrics[0]?.MetricName, 'a<b>&"c');
    const put = ['--metric-data', '[{"MetricName":"m","Value":1}]'];
    assert.match(
      await refusal(path, 'cloudwatch', 'put-metric-data', '--namespace', 'Missing', ...put),
      /\(ResourceNotFound\)/,
    );
    assert.equal(await aws(path, 'cloudwatch', 'put-metric-data', '--namespace', 'N', ...put), undefined);
    assert.equal(await aws(path, 'logs', 'create-log-group', '--log-group-name', 'g'), undefined);
  });
}

const script = `
import boto3, sys, datetime
from botocore.config import Config
from botocore.exceptions import ClientError
def client(name):
    return boto3.client(name, endpoint_url=sys.argv[1], region_name='us-east-1', config=Config(retries={'max_attempts': 0}, inject_host_prefix=False))
def code(call):
    try:
        call()
    except ClientError as error:
        return error.response['Error']['Code'], error.response['ResponseMetadata']['HTTPStatusCode'], len(error.response['ResponseMetadata']['RequestId'])
ecs, logs, metrics, sts = client('ecs'), client('logs'), client('cloudwatch'), client('sts')
task = ecs.describe_tasks(tasks=['a'])['tasks'][0]
assert task['createdAt'].timestamp() == 1795373069.820, task
assert task['containers'] == [], task
assert code(lambda: ecs.describe_tasks(cluster='missing', tasks=[])) == ('ClusterNotFoundException', 400, 36)
assert code(lambda: ecs.describe_tasks(cluster='crash', tasks=[])) == ('ServerException', 500, 36)
logs.put_log_events(logGroupName='g', logStreamName='s', logEvents=[{'timestamp': 1, 'message': 'm'}])
stream = logs.start_live_tail(logGroupIdentifiers=['arn:aws:logs:us-east-1:000000000000:log-group:g'])['responseStream']
assert [list(event)[0] for event in stream] == ['sessionStart', 'sessionUpdate']
metrics.put_metric_data(Namespace='N', MetricData=[{'MetricName': 'metric-%d' % n, 'Value': n, 'Dimensions': [{'Name': 'a', 'Value': 'b' * 50}]} for n in range(500)])
start = datetime.datetime(2026, 11, 22, tzinfo=datetime.timezone.utc)
points = metrics.get_metric_statistics(Namespace='N', MetricName='m', StartTime=start, EndTime=start, Period=60, Statistics=['Sum'])['Datapoints']
assert points == [{'Timestamp': start, 'Sum': 1.5}], points
assert code(lambda: metrics.put_metric_data(Namespace='Missing', MetricData=[])) == ('ResourceNotFound', 404, 36)
import urllib.request
with urllib.request.urlopen(sts.generate_presigned_url('get_caller_identity', HttpMethod='GET')) as answer:
    assert b'arn:aws:iam::000000000000:root' in answer.read()
print('ok')
`;

const python = 'python3';
const hasBoto3 = await run(python, ['-c', 'import boto3']).then(
  () => true,
  () => false,
);

test(
  'boto3: JSON, gzip, presigned query, event streams',
  { skip: hasBoto3 ? false : 'no boto3 in python3' },
  async () => {
    const { stdout } = await run(python, ['-c', script, server.origin], { env: environment() });
    assert.equal(stdout.trim(), 'ok');
  },
);
