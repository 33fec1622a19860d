/** Deployments that CloudWatch alarms watch: the real server, the SDK's clients, and an agent that runs no containers. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  CloudWatchClient,
  DeleteAlarmsCommand,
  DescribeAlarmsCommand,
  PutMetricAlarmCommand,
  PutMetricDataCommand,
  SetAlarmStateCommand,
  waitUntilAlarmExists,
} from '@aws-sdk/client-cloudwatch';
import { CreateServiceCommand, DescribeServicesCommand, ECSClient, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import { SimulatedAgent } from '../../ecs/test/support/simulated-agent.ts';
import { startServer, type RunningServer } from '../src/index.ts';
import { askServices, until } from './support/ask-services.ts';

const region = 'us-east-1';
let dataDir: string;
let server: RunningServer;
let ecs: ECSClient;
let cloudwatch: CloudWatchClient;
let agent: SimulatedAgent;

const open = async (): Promise<void> => {
  server = await startServer({
    listen: { host: '127.0.0.1', port: server === undefined ? 0 : server.port },
    dataDir,
    account: '111122223333',
    region,
    cluster: 'default',
    log: () => undefined,
  });
};

before(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'oreno-deployment-alarms-'));
  await open();
  const options = { endpoint: server.origin, region, credentials: server.rootAccessKey };
  ecs = new ECSClient(options);
  cloudwatch = new CloudWatchClient(options);
  const { origin, rootAccessKey: credentials } = server;
  agent = new SimulatedAgent({ origin, region, credentials, cluster: 'default', cpu: 8_192, memory: 16_384 });
  await agent.register();
  await agent.connect();
});

after(async () => {
  agent.stop();
  ecs.destroy();
  cloudwatch.destroy();
  await server.stop();
  await rm(dataDir, { recursive: true });
});

const { define, serviceOf, latest } = askServices(() => ecs);

const putAlarm = (AlarmName: string) =>
  cloudwatch.send(
    new PutMetricAlarmCommand({
      AlarmName,
      Namespace: 'shop',
      MetricName: AlarmName,
      Statistic: 'Sum',
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
    }),
  );

const create = async (serviceName: string, alarmName: string, rollback = true): Promise<void> => {
  await ecs.send(
    new CreateServiceCommand({
      serviceName,
      taskDefinition: await define(),
      desiredCount: 2,
      deploymentConfiguration: { alarms: { alarmNames: [alarmName], enable: true, rollback } },
    }),
  );
};

/** The first deployment is over: its alarm does not exist yet, so that there is nothing to wait for. */
const isCompleted = async (name: string): Promise<boolean> =>
  (await serviceOf(name)).deployments?.[0]?.rolloutState === 'COMPLETED';

const runsAll = async (name: string): Promise<boolean> => {
  const { deployments = [], runningCount } = await serviceOf(name);
  return deployments[0]?.runningCount === 2 && runningCount === 2;
};

describe('a deployment with alarms', () => {
  it('goes on being watched when its tasks run, and goes back when an alarm rings', async () => {
    await create('shop', 'errors');
    await until('the first deployment', () => isCompleted('shop'));
    const first = (await serviceOf('shop')).deployments?.[0]?.id;
    assert.equal((await latest('shop')).alarms?.status, 'MONITORING_COMPLETE');

    await putAlarm('errors');
    await waitUntilAlarmExists({ client: cloudwatch, maxWaitTime: 10 }, { AlarmNames: ['errors'] });
    await ecs.send(new UpdateServiceCommand({ service: 'shop', taskDefinition: await define() }));
    await until('the new tasks', () => runsAll('shop'));
    const watched = await serviceOf('shop');
    assert.deepEqual(
      watched.deployments?.map(({ status, rolloutState }) => [status, rolloutState]),
      [
        ['PRIMARY', 'IN_PROGRESS'],
        ['ACTIVE', 'COMPLETED'],
      ],
    );
    assert.deepEqual((await latest('shop')).alarms, {
      status: 'MONITORING',
      alarmNames: ['errors'],
      triggeredAlarmNames: [],
    });

    // The server is gone for a moment: what it watches, it watches again.
    await server.stop();
    await open();
    await cloudwatch.send(
      new SetAlarmStateCommand({ AlarmName: 'errors', StateValue: 'ALARM', StateReason: 'errors came' }),
    );
    await until('going back', async () => (await latest('shop')).status === 'ROLLBACK_IN_PROGRESS');
    await agent.connect();
    await until('the end of going back', async () => (await latest('shop')).status === 'ROLLBACK_SUCCESSFUL');
    const deployment = await latest('shop');
    assert.deepEqual(deployment.alarms, {
      status: 'TRIGGERED',
      alarmNames: ['errors'],
      triggeredAlarmNames: ['errors'],
    });
    const back = await serviceOf('shop');
    assert.deepEqual([back.deployments?.[0]?.id, back.deployments?.[0]?.status], [first, 'PRIMARY']);
    const messages = (back.events ?? []).map(({ message }) => message ?? '');
    const failed = watched.deployments?.[0]?.id ?? '';
    assert.ok(messages.includes(`(service shop) (deployment ${failed}) deployment failed: alarm detected.`));
    assert.ok(messages.includes(`(service shop) rolling back to deployment ${first}.`));
  });

  it('fails and stays where it is when going back is not asked for', async () => {
    await create('stay', 'stay-errors', false);
    await until('the first deployment', () => isCompleted('stay'));
    await putAlarm('stay-errors');
    await ecs.send(new UpdateServiceCommand({ service: 'stay', forceNewDeployment: true }));
    await until('the new tasks', () => runsAll('stay'));
    // The metric itself, not a hand: its alarm looks at it when it is put again.
    const Timestamp = new Date(Date.now() - 60_000);
    const MetricData = [{ MetricName: 'stay-errors', Value: 3, Timestamp }];
    await cloudwatch.send(new PutMetricDataCommand({ Namespace: 'shop', MetricData }));
    await putAlarm('stay-errors');
    await until('the failure', async () => (await latest('stay')).status === 'STOPPED');
    const { deployments = [], events = [] } = await serviceOf('stay');
    assert.deepEqual(
      [deployments[0]?.rolloutState, deployments[0]?.rolloutStateReason, deployments[0]?.runningCount],
      ['FAILED', 'ECS deployment alarms: alarm detected.', 2],
    );
    assert.match(events[0]?.message ?? '', /deployment failed: alarm detected\.$/);
    const { MetricAlarms = [] } = await cloudwatch.send(new DescribeAlarmsCommand({ AlarmNames: ['stay-errors'] }));
    assert.match(MetricAlarms[0]?.StateReason ?? '', /^Threshold Crossed: 1 datapoint \[3\.0 /);
  });

  it('is not watched by an alarm that rang before, and ends at once when there is no alarm left to wait for', async () => {
    await putAlarm('late');
    await cloudwatch.send(new SetAlarmStateCommand({ AlarmName: 'late', StateValue: 'ALARM', StateReason: 'before' }));
    await create('rang', 'late');
    await until('the deployment', () => isCompleted('rang'));
    assert.equal((await latest('rang')).alarms?.status, 'DISABLED');

    await cloudwatch.send(new SetAlarmStateCommand({ AlarmName: 'late', StateValue: 'OK', StateReason: 'over' }));
    await ecs.send(new UpdateServiceCommand({ service: 'rang', forceNewDeployment: true }));
    await until('the new tasks', () => runsAll('rang'));
    assert.equal(await isCompleted('rang'), false);
    await cloudwatch.send(new DeleteAlarmsCommand({ AlarmNames: ['late'] }));
    await until('the end', () => isCompleted('rang'));
    await until('the older one is gone', async () => (await serviceOf('rang')).deployments?.length === 1);
  });

  it('that asks for what cannot be is refused', async () => {
    const input = { serviceName: 'bad', taskDefinition: await define(), desiredCount: 1 };
    const alarms = { alarmNames: [] as string[], enable: true, rollback: true };
    await assert.rejects(ecs.send(new CreateServiceCommand({ ...input, deploymentConfiguration: { alarms } })), {
      name: 'InvalidParameterException',
    });
    const external = { serviceName: 'bad', desiredCount: 1, deploymentController: { type: 'EXTERNAL' as const } };
    const named = { alarms: { ...alarms, alarmNames: ['errors'] } };
    await assert.rejects(ecs.send(new CreateServiceCommand({ ...external, deploymentConfiguration: named })), {
      name: 'InvalidParameterException',
    });
    const { failures = [] } = await ecs.send(new DescribeServicesCommand({ services: ['bad'] }));
    assert.equal(failures[0]?.reason, 'MISSING');
  });
});
