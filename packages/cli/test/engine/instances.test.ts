/**
 * A whole cluster on one machine: the command line builds the image, launches three LXD containers that join as container
 * instances, and a service spread over them survives one that is drained and one that dies.
 */
import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import {
  CreateCapacityProviderCommand,
  CreateClusterCommand,
  CreateServiceCommand,
  DescribeServicesCommand,
  DescribeTasksCommand,
  ECSClient,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  RunTaskCommand,
  type Task,
} from '@aws-sdk/client-ecs';
import { CreateRepositoryCommand, ECRClient, GetAuthorizationTokenCommand } from '@aws-sdk/client-ecr';
import { busyboxArchive } from '../../../../test/support/busybox-archive.ts';
import { startLxd, type TestLxd } from '../../../../test/support/lxd.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../../../..');
const region = 'us-east-1';

describe('LXD containers as container instances', () => {
  let lxd: TestLxd;
  let folder: string;
  let server: ChildProcess;
  let ecs: ECSClient;
  let ecr: ECRClient;
  let origin: string;

  const environment = () => ({ ...process.env, LXD_DIR: lxd.folder, ORENO_DATA_DIR: join(folder, 'data') });
  const oreno = async (...args: string[]): Promise<string> => {
    const { stdout } = await run(join(root, 'oreno'), args, { env: environment(), timeout: 300_000 });
    return stdout;
  };
  /** Asks until the answer is there; fails with what it waited for. */
  const until = async <T>(what: string, seconds: number, probe: () => Promise<T | undefined>): Promise<T> => {
    for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(300)) {
      const found = await probe();
      if (found !== undefined) return found;
    }
    const { services = [] } = await ecs.send(new DescribeServicesCommand({ services: ['site'] }));
    const events = services[0]?.events?.slice(0, 4).map(({ message }) => message);
    throw new Error(
      `not within ${seconds} s: ${what}\n${(events ?? []).join('\n')}\n${await oreno('instances', 'list')}`,
    );
  };

  before(async () => {
    lxd = await startLxd({ driver: existsSync('/sbin/mkfs.btrfs') ? 'btrfs' : 'dir' });
    folder = await mkdtemp(join(tmpdir(), 'oreno-instances-'));
    const args = ['server', '--listen', '127.0.0.1:0', '--log-format', 'json'];
    server = spawn(join(root, 'oreno'), args, { env: environment(), stdio: 'ignore' });
    const note = join(folder, 'data', 'running.json');
    for (const end = Date.now() + 20_000; !existsSync(note) && Date.now() < end;) await sleep(50);
    origin = (JSON.parse(await readFile(note, 'utf8')) as { origin: string }).origin;
    const keyFile = join(folder, 'data', 'server', 'root-access-key.json');
    const credentials = JSON.parse(await readFile(keyFile, 'utf8')) as { accessKeyId: string; secretAccessKey: string };
    ecs = new ECSClient({ endpoint: origin, region, credentials });
    ecr = new ECRClient({ endpoint: origin, region, credentials });
  });
  after(async () => {
    ecs.destroy();
    ecr.destroy();
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill('SIGTERM');
    await ended;
    await lxd.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const pushBusybox = async (): Promise<string> => {
    const { repository } = await ecr.send(new CreateRepositoryCommand({ repositoryName: 'site' }));
    const { authorizationData = [] } = await ecr.send(new GetAuthorizationTokenCommand({}));
    const token = Buffer.from(authorizationData[0]?.authorizationToken ?? '', 'base64').toString();
    const archive = await busyboxArchive(folder);
    const image = `${repository?.repositoryUri}:1`;
    const options = ['--dest-tls-verify=false', '--dest-creds', token];
    await run('skopeo', ['copy', '--quiet', ...options, `docker-archive:${archive}`, `docker://${image}`]);
    return image;
  };

  const liveTasks = async (): Promise<readonly Task[]> => {
    const { taskArns = [] } = await ecs.send(new ListTasksCommand({ serviceName: 'site' }));
    if (taskArns.length === 0) return [];
    const { tasks = [] } = await ecs.send(new DescribeTasksCommand({ tasks: taskArns }));
    return tasks.filter(({ lastStatus }) => lastStatus === 'RUNNING');
  };
  /** How many tasks run on how many machines. */
  const spread = async (): Promise<string> => {
    const tasks = await liveTasks();
    return `${tasks.length} on ${new Set(tasks.map((task) => task.containerInstanceArn)).size}`;
  };

  it('join by themselves, and a service outlives the loss of machines', { timeout: 600_000 }, async () => {
    await assert.rejects(oreno('instances', 'launch'), /LXD has no image oreno-instance.*oreno instances image build/);
    assert.deepEqual((await lxd.lxd.instances.list()).length, 0, 'a launch that failed leaves nothing');
    await oreno('instances', 'image', 'build');
    const machine = ['--cpu', '1', '--memory', '768MiB'];
    await oreno('instances', 'launch', '--count', '3', ...machine, '--zone', 'us-east-1a', '--zone', 'us-east-1b');
    const listed = JSON.parse(await oreno('instances', 'list', '--json')) as {
      name: string;
      zone: string;
      containerInstance: {
        containerInstanceArn: string;
        status: string;
        registeredResources: { name: string; integerValue: number }[];
      };
    }[];
    assert.deepEqual(
      listed.map(({ name, zone, containerInstance: { status, registeredResources } }) => [
        name,
        zone,
        status,
        registeredResources.find((each) => each.name === 'MEMORY')?.integerValue,
      ]),
      [
        ['oreno-1', 'us-east-1a', 'ACTIVE', 768],
        ['oreno-2', 'us-east-1b', 'ACTIVE', 768],
        ['oreno-3', 'us-east-1a', 'ACTIVE', 768],
      ],
    );

    const command = new RegisterTaskDefinitionCommand({
      family: 'site',
      containerDefinitions: [
        {
          name: 'main',
          image: await pushBusybox(),
          memory: 32,
          command: ['/bin/busybox', 'httpd', '-f', '-p', '80', '-h', '/bin'],
          portMappings: [{ containerPort: 80, hostPort: 8080 }],
        },
      ],
    });
    await ecs.send(command);
    const placementStrategy = [{ type: 'spread' as const, field: 'instanceId' }];
    await ecs.send(
      new CreateServiceCommand({ serviceName: 'site', taskDefinition: 'site', desiredCount: 3, placementStrategy }),
    );
    const is = (wanted: string) => async () => ((await spread()) === wanted ? true : undefined);
    await until('three tasks on three machines', 60, is('3 on 3'));
    for (const name of ['oreno-1', 'oreno-2', 'oreno-3']) {
      const address = await lxd.lxd.instance(name).waitFor.address({ device: 'eth0' });
      const response = await fetch(`http://${address}:8080/busybox`, { signal: AbortSignal.timeout(5_000) });
      assert.equal(response.status, 200, name);
      await response.body?.cancel();
    }

    // The fixed port needs a machine that is free: the drained one gives its task up when another runs there.
    await oreno('instances', 'launch', ...machine);
    const draining = oreno('instances', 'terminate', 'oreno-3');
    let fewest = 3;
    const watch = setInterval(() => void liveTasks().then(({ length }) => (fewest = Math.min(fewest, length))), 200);
    const terminated = await draining.finally(() => clearInterval(watch));
    assert.match(terminated, /oreno-3: terminated$/m);
    assert.equal(fewest, 3, 'never fewer tasks than the service wants while a machine is drained');
    await until('three tasks on three machines again', 60, is('3 on 3'));

    // Its agent, and the machine itself, come back as the container instance that they were.
    const arnOf = async (name: string) =>
      (JSON.parse(await oreno('instances', 'list', '--json')) as typeof listed).find((each) => each.name === name)
        ?.containerInstance.containerInstanceArn;
    const before = await arnOf('oreno-2');
    const lost = (await liveTasks()).find(({ containerInstanceArn }) => containerInstanceArn === before)?.taskArn;
    await lxd.lxd.instance('oreno-2').restart({ force: true });
    await until('the restarted machine to run a new task', 60, async () => {
      const isThere = (await liveTasks()).some(({ taskArn }) => taskArn === lost);
      return !isThere && (await spread()) === '3 on 3' ? true : undefined;
    });
    assert.equal(await arnOf('oreno-2'), before);

    const dead = listed[0]?.containerInstance.containerInstanceArn;
    await lxd.lxd.instance('oreno-1').stop({ force: true });
    await oreno('instances', 'launch', ...machine);
    await until('whole again after a machine died', 150, async () => {
      const elsewhere = (await liveTasks()).filter((task) => task.containerInstanceArn !== dead);
      return elsewhere.length === 3 ? true : undefined;
    });
    // The dead one returns, and what ran on it does not run twice.
    const returned = lxd.lxd.instance('oreno-1');
    await returned.start();
    await until('the dead machine to return', 60, async () =>
      (await oreno('instances', 'list')).match(/oreno-1 .* ACTIVE /) === null ? undefined : true,
    );
    await until('three tasks and no more', 30, is('3 on 3'));
    assert.equal((await returned.run(['docker', 'ps', '--quiet'])).stdout, '');
  });

  it('come and go with what a capacity provider wants', { timeout: 200_000 }, async () => {
    const managedScaling = { status: 'ENABLED' as const, targetCapacity: 100, instanceWarmupPeriod: 5 };
    const autoScalingGroupProvider = { autoScalingGroupArn: 'cloud', managedScaling };
    await ecs.send(new CreateCapacityProviderCommand({ name: 'cloud', autoScalingGroupProvider }));
    const defaultCapacityProviderStrategy = [{ capacityProvider: 'cloud', weight: 1 }];
    const burst = { clusterName: 'burst', capacityProviders: ['cloud'], defaultCapacityProviderStrategy };
    await ecs.send(new CreateClusterCommand(burst));
    const args = [
      'instances',
      'provide',
      '--capacity-provider',
      'cloud',
      '--max',
      '2',
      '--cpu',
      '1',
      '--memory',
      '512MiB',
    ];
    const provider = spawn(join(root, 'oreno'), args, { env: environment(), stdio: ['ignore', 'ignore', 'pipe'] });
    let told = '';
    provider.stderr.on('data', (chunk: Buffer) => (told += chunk.toString()));
    try {
      const overrides = {
        containerOverrides: [{ name: 'main', command: ['/bin/busybox', 'sleep', '5'], memory: 300 }],
      };
      const { tasks = [] } = await ecs.send(
        new RunTaskCommand({ cluster: 'burst', taskDefinition: 'site', count: 2, overrides }),
      );
      assert.deepEqual(
        tasks.map(({ lastStatus }) => lastStatus),
        ['PROVISIONING', 'PROVISIONING'],
      );
      const described = async () => {
        const arns = tasks.map(({ taskArn = '' }) => taskArn);
        return (await ecs.send(new DescribeTasksCommand({ cluster: 'burst', tasks: arns }))).tasks ?? [];
      };
      await until('machines that run the tasks', 90, async () =>
        (await described()).every(({ lastStatus }) => lastStatus === 'STOPPED') ? true : undefined,
      );
      const ends = await described();
      assert.deepEqual(
        ends.map(({ containers = [] }) => containers[0]?.exitCode),
        [0, 0],
        `${JSON.stringify(ends)}\n${told}`,
      );
      await until('idle machines to go', 60, async () => {
        const machines = await lxd.lxd.instances.list();
        return machines.some(({ name }) => name.startsWith('cloud-')) ? undefined : true;
      });
    } finally {
      const ended = new Promise((resolve) => provider.once('exit', resolve));
      provider.kill('SIGTERM');
      await ended;
    }
  });
});
