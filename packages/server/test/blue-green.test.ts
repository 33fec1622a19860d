/** BLUE_GREEN deployments of services without a load balancer, through the SDK against the real server. */
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  ContinueServiceDeploymentCommand,
  CreateServiceCommand,
  DescribeServicesCommand,
  ECSClient,
  StopServiceDeploymentCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import type { DeploymentConfiguration } from '@aws-sdk/client-ecs';
import { SimulatedAgent } from '../../ecs/test/support/simulated-agent.ts';
import { startServer, type RunningServer } from '../src/index.ts';
import { askServices, until } from './support/ask-services.ts';

const region = 'us-east-1';
let dataDir: string;
let server: RunningServer;
let ecs: ECSClient;
let agent: SimulatedAgent;

before(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'oreno-blue-green-'));
  const listen = { host: '127.0.0.1', port: 0 };
  server = await startServer({ listen, dataDir, account: '111122223333', region, cluster: 'default', log: () => {} });
  const { origin, rootAccessKey: credentials } = server;
  ecs = new ECSClient({ endpoint: origin, region, credentials });
  agent = new SimulatedAgent({ origin, region, credentials, cluster: 'default', cpu: 8_192, memory: 16_384 });
  await agent.register();
  await agent.connect();
});

after(async () => {
  agent.stop();
  ecs.destroy();
  await server.stop();
  await rm(dataDir, { recursive: true });
});

const { define, serviceOf, latest } = askServices(() => ecs);

const blueGreen = (more: DeploymentConfiguration = {}): DeploymentConfiguration => ({
  strategy: 'BLUE_GREEN',
  ...more,
});

const pauseAt = (...lifecycleStages: ('POST_SCALE_UP' | 'PRE_SCALE_UP')[]): DeploymentConfiguration =>
  blueGreen({
    lifecycleHooks: [{ targetType: 'PAUSE', lifecycleStages, timeoutConfiguration: { timeoutInMinutes: 30 } }],
  });

const create = async (serviceName: string, deploymentConfiguration: DeploymentConfiguration): Promise<void> => {
  const taskDefinition = await define();
  await ecs.send(new CreateServiceCommand({ serviceName, taskDefinition, desiredCount: 2, deploymentConfiguration }));
  await until('the first deployment', async () => (await latest(serviceName)).status === 'SUCCESSFUL');
};

const counts = async (name: string) =>
  (await serviceOf(name)).deployments?.map(({ status, runningCount }) => [status, runningCount]);

describe('a blue/green deployment without a load balancer', () => {
  it('brings the new tasks up beside the old ones, waits for its word, and then takes the old ones away', async () => {
    await create('shop', blueGreen());
    const deploymentConfiguration = pauseAt('POST_SCALE_UP');
    await ecs.send(
      new UpdateServiceCommand({ service: 'shop', taskDefinition: await define(), deploymentConfiguration }),
    );
    await until('the pause', async () => (await latest('shop')).lifecycleHookDetails?.length === 1);
    const paused = await latest('shop');
    assert.deepEqual([paused.status, paused.lifecycleStage], ['IN_PROGRESS', 'POST_SCALE_UP']);
    const [hook] = paused.lifecycleHookDetails ?? [];
    assert.match(hook?.hookId ?? '', /^ecs-pause-[A-Za-z0-9_-]{43}$/);
    assert.deepEqual([hook?.targetType, hook?.status, hook?.timeoutAction], ['PAUSE', 'AWAITING_ACTION', 'ROLLBACK']);
    assert.deepEqual(await counts('shop'), [
      ['PRIMARY', 2],
      ['ACTIVE', 2],
    ]);
    const serviceDeploymentArn = paused.serviceDeploymentArn ?? '';
    await assert.rejects(
      ecs.send(new ContinueServiceDeploymentCommand({ serviceDeploymentArn, hookId: 'ecs-pause-other' })),
      { name: 'InvalidParameterException' },
    );
    await ecs.send(new ContinueServiceDeploymentCommand({ serviceDeploymentArn, hookId: hook?.hookId ?? '' }));
    await until('the end', async () => (await latest('shop')).status === 'SUCCESSFUL');
    assert.equal((await latest('shop')).lifecycleStage, 'CLEAN_UP');
    await until('green alone', async () => (await counts('shop'))?.length === 1);
    assert.deepEqual(await counts('shop'), [['PRIMARY', 2]]);
  });

  it('goes back when a hook says so, in the bake time too when it is stopped', async () => {
    await create('back', blueGreen());
    const first = (await serviceOf('back')).taskDefinition;
    const update = async (deploymentConfiguration: DeploymentConfiguration) =>
      ecs.send(new UpdateServiceCommand({ service: 'back', taskDefinition: await define(), deploymentConfiguration }));
    await update(pauseAt('PRE_SCALE_UP'));
    await until('the pause', async () => (await latest('back')).lifecycleHookDetails?.length === 1);
    const { serviceDeploymentArn = '', lifecycleHookDetails = [] } = await latest('back');
    const hookId = lifecycleHookDetails[0]?.hookId ?? '';
    await ecs.send(new ContinueServiceDeploymentCommand({ serviceDeploymentArn, hookId, action: 'ROLLBACK' }));
    await until('going back', async () => (await latest('back')).status === 'ROLLBACK_SUCCESSFUL');
    assert.equal(
      (await latest('back')).statusReason,
      'Service deployment rolled back because PRE_SCALE_UP lifecycle hook(s) failed.',
    );
    assert.equal((await serviceOf('back')).taskDefinition, first);

    await update(blueGreen({ lifecycleHooks: [], bakeTimeInMinutes: 60 }));
    await until('the bake time', async () => (await latest('back')).lifecycleStage === 'BAKE_TIME');
    assert.deepEqual(await counts('back'), [
      ['PRIMARY', 2],
      ['ACTIVE', 2],
    ]);
    const baking = await latest('back');
    await ecs.send(new StopServiceDeploymentCommand({ serviceDeploymentArn: baking.serviceDeploymentArn }));
    await until('going back again', async () => (await latest('back')).status === 'ROLLBACK_SUCCESSFUL');
    assert.equal((await serviceOf('back')).taskDefinition, first);
    await until('blue alone', async () => (await counts('back'))?.length === 1);
  });

  it('is refused where it needs what is not there', async () => {
    const input = { serviceName: 'bad', taskDefinition: await define() };
    const refuses = async (name: string, more: DeploymentConfiguration, others: object = { desiredCount: 1 }) =>
      assert.rejects(ecs.send(new CreateServiceCommand({ ...input, ...others, deploymentConfiguration: more })), {
        name,
      });
    const stages = { lifecycleStages: ['POST_SCALE_UP' as const] };
    const lambda = {
      hookTargetArn: 'arn:aws:lambda:us-east-1:111122223333:function:f',
      roleArn: 'arn:aws:iam::1:role/r',
    };
    await refuses('InvalidParameterException', { strategy: 'LINEAR' });
    await refuses('InvalidParameterException', { strategy: 'CANARY', canaryConfiguration: { canaryPercent: 5 } });
    await refuses('InvalidParameterException', blueGreen({ linearConfiguration: { stepPercent: 5 } }));
    await refuses('InvalidParameterException', blueGreen({ bakeTimeInMinutes: 1_441 }));
    await refuses('InvalidParameterException', { bakeTimeInMinutes: 5 });
    await refuses('InvalidParameterException', { lifecycleHooks: [{ targetType: 'PAUSE', ...stages }] });
    await refuses(
      'InvalidParameterException',
      blueGreen({ lifecycleHooks: [{ targetType: 'PAUSE', lifecycleStages: [] }] }),
    );
    await refuses('UnsupportedFeatureException', blueGreen({ lifecycleHooks: [{ ...lambda, ...stages }] }));
    await refuses('InvalidParameterException', blueGreen(), { schedulingStrategy: 'DAEMON' });
    const { failures = [] } = await ecs.send(new DescribeServicesCommand({ services: ['bad'] }));
    assert.equal(failures[0]?.reason, 'MISSING');
  });
});
