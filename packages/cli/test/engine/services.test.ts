/**
 * The service scheduler on real Docker Engines: three machines with one fixed port each, two tasks of a web service. Whatever
 * happens to it, the service stays reachable as its percentages say and becomes whole again.
 */
import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import {
  CreateServiceCommand,
  DeleteServiceCommand,
  DescribeServicesCommand,
  DescribeTasksCommand,
  ECSClient,
  GetTaskProtectionCommand,
  ListContainerInstancesCommand,
  ListServiceDeploymentsCommand,
  ListTasksCommand,
  RegisterTaskDefinitionCommand,
  UpdateContainerInstancesStateCommand,
  UpdateServiceCommand,
  waitUntilServicesStable,
  type ContainerDefinition,
  type Service,
  type Task,
} from '@aws-sdk/client-ecs';
import { CreateRepositoryCommand, ECRClient } from '@aws-sdk/client-ecr';
import { busyboxArchive } from '../../../../test/support/busybox-archive.ts';
import { openNetwork, type Machine, type Network } from '../../../../test/support/machines.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../../../..');
const region = 'us-east-1';
const port = 8080;

/** Says its version on port 80, and ends at once when it is told to. */
const webScript = [
  '/bin/busybox mkdir -p /www',
  'echo "$VERSION" >/www/index.html',
  "trap 'exit 0' TERM",
  '/bin/busybox httpd -f -p 80 -h /www & wait',
].join('; ');

describe('services on real machines', { timeout: 600_000 }, () => {
  let folder: string;
  let network: Network;
  let machines: readonly Machine[];
  let ecs: ECSClient;
  let image: string;
  let server: ChildProcess;
  let listen: string;
  let credentials: { accessKeyId: string; secretAccessKey: string };
  const dataDir = () => join(folder, 'server');

  const startServer = async (): Promise<void> => {
    await rm(join(dataDir(), 'running.json'), { force: true });
    const log = await open(join(folder, 'server.log'), 'a');
    server = spawn(
      join(root, 'oreno'),
      ['server', '--listen', listen, '--data-dir', dataDir(), '--log-format', 'json'],
      {
        stdio: ['ignore', log.fd, log.fd],
      },
    );
    await log.close();
    const note = join(dataDir(), 'running.json');
    for (const end = Date.now() + 20_000; !existsSync(note) && Date.now() < end;) await sleep(20);
    listen = new URL((JSON.parse(await readFile(note, 'utf8')) as { origin: string }).origin).host;
  };
  const endServer = async (signal: NodeJS.Signals): Promise<void> => {
    const ended = new Promise((resolve) => server.once('exit', resolve));
    server.kill(signal);
    await ended;
  };

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'oreno-services-'));
    network = await openNetwork(folder);
    listen = `${network.hostAddress}:0`;
    await startServer();
    const keyFile = join(dataDir(), 'server', 'root-access-key.json');
    credentials = JSON.parse(await readFile(keyFile, 'utf8')) as typeof credentials;
    const client = { endpoint: `http://${listen}`, region, credentials };
    ecs = new ECSClient(client);
    const ecr = new ECRClient(client);
    const { repository } = await ecr.send(new CreateRepositoryCommand({ repositoryName: 'web' }));
    ecr.destroy();
    image = `${repository?.repositoryUri}:1`;
    const key = `${credentials.accessKeyId}:${credentials.secretAccessKey}`;
    const archive = await busyboxArchive(folder);
    const options = ['--quiet', '--dest-tls-verify=false', '--dest-creds', key];
    await run('skopeo', ['copy', ...options, `docker-archive:${archive}`, `docker://${image}`]);
    const variables = {
      AWS_ACCESS_KEY_ID: credentials.accessKeyId,
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    };
    const options3 = { endpoint: `http://${listen}`, credentials: variables };
    const started: Machine[] = [];
    for (const _ of [1, 2, 3]) started.push(await network.startMachine(options3));
    machines = started;
    await Promise.all(machines.map((machine) => machine.startAgent()));
    await until('three container instances', 30, async () => ((await instanceArns()).length === 3 ? true : undefined));
  });
  after(async () => {
    ecs.destroy();
    await network.stop();
    await endServer('SIGTERM');
    await rm(folder, { recursive: true, force: true });
  });

  const instanceArns = async (): Promise<readonly string[]> =>
    (await ecs.send(new ListContainerInstancesCommand({}))).containerInstanceArns ?? [];
  const service = async (): Promise<Service> => {
    const { services = [] } = await ecs.send(new DescribeServicesCommand({ services: ['web'] }));
    assert.ok(services[0]);
    return services[0];
  };
  const until = async <T>(what: string, seconds: number, probe: () => Promise<T | undefined>): Promise<T> => {
    for (const end = Date.now() + seconds * 1000; Date.now() < end; await sleep(100)) {
      const found = await probe();
      if (found !== undefined) return found;
    }
    const events = (await service()).events?.slice(0, 6).map(({ message }) => message);
    throw new Error(`not within ${seconds} s: ${what}\n${(events ?? []).join('\n')}`);
  };
  const stable = async (seconds: number): Promise<void> => {
    const waiting = { client: ecs, maxWaitTime: seconds, minDelay: 1, maxDelay: 1 };
    await waitUntilServicesStable(waiting, { services: ['web'] });
  };
  const tasksOf = async (desiredStatus: 'RUNNING' | 'STOPPED'): Promise<readonly Task[]> => {
    const { taskArns = [] } = await ecs.send(new ListTasksCommand({ serviceName: 'web', desiredStatus }));
    if (taskArns.length === 0) return [];
    return (await ecs.send(new DescribeTasksCommand({ tasks: taskArns }))).tasks ?? [];
  };
  /** The web containers of all machines that run, whatever the server says of them. */
  const containers = async () => {
    const lists = await Promise.all(machines.map(({ engine }) => engine.containers.list({ all: false })));
    return lists.flat().filter(({ Names }) => Names.some((name) => name.startsWith('/ecs-web-')));
  };
  const register = async (version: string, main: Partial<ContainerDefinition> = {}): Promise<void> => {
    const healthCheck = {
      command: ['CMD', '/bin/busybox', 'wget', '-qO-', 'http://127.0.0.1/'],
      interval: 5,
      retries: 2,
    };
    const definition = {
      name: 'main',
      image,
      memory: 32,
      stopTimeout: 5,
      command: ['/bin/busybox', 'sh', '-c', webScript],
      environment: [{ name: 'VERSION', value: version }],
      portMappings: [{ containerPort: 80, hostPort: port }],
      healthCheck,
      ...main,
    };
    await ecs.send(new RegisterTaskDefinitionCommand({ family: 'web', containerDefinitions: [definition] }));
  };
  const update = async (input: Partial<UpdateServiceCommand['input']> = {}): Promise<void> => {
    await ecs.send(new UpdateServiceCommand({ service: 'web', taskDefinition: 'web', ...input }));
  };
  /** What each machine answers now: the version, or nothing. */
  const answers = (): Promise<readonly (string | undefined)[]> =>
    Promise.all(
      machines.map(async ({ address }) => {
        try {
          const response = await fetch(`http://${address}:${port}/`, { signal: AbortSignal.timeout(5_000) });
          return (await response.text()).trim();
        } catch {
          return undefined;
        }
      }),
    );
  const serves = (version: string) => async () => {
    const answered = (await answers()).filter((each) => each !== undefined);
    return answered.length === 2 && answered.every((each) => each === version) ? true : undefined;
  };

  /** Asks all machines all the time; tells the fewest that answered at once. */
  const watch = () => {
    let stopped = false;
    let fewest = Infinity;
    let rounds = 0;
    const watching = (async () => {
      while (!stopped) {
        const answered = (await answers()).filter((each) => each !== undefined).length;
        fewest = Math.min(fewest, answered);
        rounds += 1;
        await sleep(20);
      }
    })();
    return {
      end: async (): Promise<{ readonly fewest: number; readonly rounds: number }> => {
        stopped = true;
        await watching;
        return { fewest, rounds };
      },
    };
  };

  it('starts where the port is free', async () => {
    await register('v1');
    await ecs.send(
      new CreateServiceCommand({
        serviceName: 'web',
        taskDefinition: 'web',
        desiredCount: 2,
        deploymentConfiguration: {
          minimumHealthyPercent: 100,
          maximumPercent: 150,
          deploymentCircuitBreaker: { enable: true, rollback: true },
        },
      }),
    );
    await stable(60);
    await until('two answers', 20, serves('v1'));
    await until('two healthy tasks', 20, async () => {
      const tasks = await tasksOf('RUNNING');
      return tasks.length === 2 && tasks.every(({ healthStatus }) => healthStatus === 'HEALTHY') ? true : undefined;
    });
  });

  it('rolls to another version, and two answer all the time', async () => {
    const watching = watch();
    await register('v2');
    await update();
    await stable(90);
    await until('the new version', 20, serves('v2'));
    const { fewest, rounds } = await watching.end();
    assert.ok(rounds > 20, `${rounds} rounds`);
    assert.equal(fewest, 2);
    assert.equal((await containers()).length, 2);
  });

  const rolledBack = async (seconds: number, reason: RegExp): Promise<void> => {
    const failed = await until('the deployment to be rolled back', seconds, async () => {
      const { serviceDeployments = [] } = await ecs.send(new ListServiceDeploymentsCommand({ service: 'web' }));
      return serviceDeployments.find(({ status }) => status === 'ROLLBACK_SUCCESSFUL');
    });
    assert.match(failed.statusReason ?? '', reason);
    await stable(30);
    await until('the version before', 20, serves('v2'));
  };

  it('stays with the version before when containers end at once', async () => {
    const watching = watch();
    await register('v3', { command: ['/bin/busybox', 'false'], healthCheck: undefined });
    await update();
    await rolledBack(120, /circuit breaker/i);
    assert.equal((await watching.end()).fewest, 2);
  });

  it('stays with the version before when the image is not there', async () => {
    await register('v4', { image: image.replace(/:1$/, ':missing') });
    await update();
    await rolledBack(150, /circuit breaker/i);
    const [stopped] = (await tasksOf('STOPPED')).filter(({ stoppedReason }) => /CannotPull/.test(stoppedReason ?? ''));
    assert.equal(stopped?.stopCode, 'TaskFailedToStart');
  });

  it('is whole again after containers were killed and removed by hand', async () => {
    const before = await tasksOf('RUNNING');
    const [first, second] = before;
    const engineOf = async (task: Task | undefined) => {
      const id = task?.containers?.[0]?.runtimeId ?? '';
      const lists = await Promise.all(machines.map(({ engine }) => engine.containers.list({ all: false })));
      const index = lists.findIndex((list) => list.some(({ Id }) => Id === id));
      const machine = machines[index];
      assert.ok(machine);
      return { id, engine: machine.engine };
    };
    const killed = await engineOf(first);
    await killed.engine.containers.kill(killed.id, 'SIGKILL');
    const removed = await engineOf(second);
    await removed.engine.containers.remove(removed.id, { force: true });
    await until('both tasks to be replaced', 60, async () => {
      const arns = (await tasksOf('RUNNING'))
        .filter(({ lastStatus }) => lastStatus === 'RUNNING')
        .map((t) => t.taskArn);
      return arns.length === 2 && !before.some(({ taskArn }) => arns.includes(taskArn)) ? true : undefined;
    });
    await stable(30);
    const stopped = await tasksOf('STOPPED');
    const killedTask = stopped.find(({ taskArn }) => taskArn === first?.taskArn);
    assert.equal(killedTask?.stopCode, 'EssentialContainerExited');
    assert.equal(killedTask?.containers?.[0]?.exitCode, 137);
    assert.ok(stopped.some(({ taskArn }) => taskArn === second?.taskArn));
    // The new ones run the digest that the first ones told, and the tasks still show the tag.
    const digest = first?.containers?.[0]?.imageDigest ?? '';
    assert.match(digest, /^sha256:/);
    assert.deepEqual(
      (await containers()).map(({ Image }) => Image),
      [`${image}@${digest}`, `${image}@${digest}`],
    );
    const shown = (await tasksOf('RUNNING')).flatMap((task) => task.containers ?? []);
    assert.ok(shown.every((each) => each.image === image && each.imageDigest === digest));
  });

  it('moves off a draining instance under its percentages', async () => {
    const watching = watch();
    const [task] = await tasksOf('RUNNING');
    const containerInstances = [task?.containerInstanceArn ?? ''];
    await ecs.send(new UpdateContainerInstancesStateCommand({ containerInstances, status: 'DRAINING' }));
    await until('the task to move', 60, async () => {
      const tasks = await tasksOf('RUNNING');
      return tasks.length === 2 && tasks.every((each) => each.containerInstanceArn !== containerInstances[0])
        ? true
        : undefined;
    });
    await stable(30);
    assert.equal((await watching.end()).fewest, 2);
    await ecs.send(new UpdateContainerInstancesStateCommand({ containerInstances, status: 'ACTIVE' }));
  });

  it('lets a task protect itself through its agent', async () => {
    const script = [
      "trap 'exit 0' TERM",
      `body='{"ProtectionEnabled":true,"ExpiresInMinutes":5}'`,
      'host=${ECS_AGENT_URI#http://}; path=/${host#*/}/task-protection/v1/state',
      String.raw`printf 'PUT %s HTTP/1.0\r\nContent-Length: %s\r\n\r\n%s' "$path" "${'${#body}'}" "$body" | /bin/busybox nc "${'${host%%/*}'}" 80`,
      '/bin/busybox sleep 1000 & wait',
    ].join('; ');
    const main = { name: 'main', image, memory: 32, stopTimeout: 5, command: ['/bin/busybox', 'sh', '-c', script] };
    const taskRoleArn = 'arn:aws:iam::000000000000:role/worker';
    const definition = { family: 'worker', taskRoleArn, containerDefinitions: [main] };
    await ecs.send(new RegisterTaskDefinitionCommand(definition));
    const serviceName = 'worker';
    await ecs.send(new CreateServiceCommand({ serviceName, taskDefinition: 'worker', desiredCount: 1 }));
    const task = await until('a protected task', 30, async () => {
      const { taskArns = [] } = await ecs.send(new ListTasksCommand({ serviceName }));
      if (taskArns.length === 0) return undefined;
      const { protectedTasks = [] } = await ecs.send(
        new GetTaskProtectionCommand({ cluster: 'default', tasks: taskArns }),
      );
      return protectedTasks.find(({ protectionEnabled }) => protectionEnabled);
    });
    assert.ok(Math.abs(Number(task.expirationDate) - Date.now() - 300_000) < 30_000);
    await ecs.send(new DeleteServiceCommand({ service: serviceName, force: true }));
  });

  it('finishes a deployment whose server and agents are killed in the middle', async () => {
    const watching = watch();
    for (const [round, seconds] of [0.3, 2, 7].entries()) {
      const version = `v${5 + round}`;
      await register(version);
      await update();
      await sleep(seconds * 1000);
      await endServer('SIGKILL');
      const [machine] = machines.slice(round % machines.length);
      await machine?.killAgent();
      await startServer();
      await machine?.startAgent();
      await until(`${version} on both`, 90, serves(version));
      await stable(60);
      assert.equal((await containers()).length, 2, 'nothing runs twice');
      assert.equal((await tasksOf('RUNNING')).length, 2);
    }
    assert.equal((await watching.end()).fewest, 2);
  });
});
