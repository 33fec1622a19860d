/**
 * One cluster at scale, over real sockets: simulated agents register and keep their ACS connections, tasks are run by
 * signed requests, committed, placed, sent and reported RUNNING; then a rolling deployment, then nothing. Server, agents
 * and client are a process each. Prints figures; never fails on them.
 *   node bench/cluster.ts [--instances 5000] [--tasks 100000] [--service 5000] [--telemetry off]
 */
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { callAws, ecsModel, type ecs } from '@oreno/aws-wire';
import { startServer } from '@oreno/server';
import { startTelemetry, telemetryRound } from './telemetry.ts';
import { SimulatedAgent, type AgentApi } from '../packages/ecs/test/support/simulated-agent.ts';

const account = '000000000000';
const region = 'us-east-1';
const credentials = { accessKeyId: 'AKIABENCH0000000000', secretAccessKey: 'bench-secret' };

const { values } = parseArgs({
  options: {
    instances: { type: 'string', default: '5000' },
    tasks: { type: 'string', default: '100000' },
    service: { type: 'string', default: '5000' },
    steady: { type: 'string', default: '60' },
    telemetry: { type: 'string', default: 'on' },
  },
  strict: false,
});
const instances = Number(values.instances);
const tasks = Number(values.tasks);
const serviceTasks = Number(values.service);
/** Milliseconds from a payload to the report that the task is RUNNING; the rest of the run reports at once. */
const reportsAfter = Math.max(2_000, tasks / 3.5);
const steadySeconds = Number(values.steady);
const telemetry = values.telemetry !== 'off';

interface Usage {
  /** Seconds of CPU since the start. */
  readonly cpu: number;
  /** MiB resident, after a collection. */
  readonly resident: number;
  /** Milliseconds that the event loop was late, at worst and for one look in a hundred, since the last question. */
  readonly lateAtWorst: number;
  readonly late99: number;
}

interface AgentCounts {
  /** Tasks received to be run. */
  readonly received: number;
  /** Open ACS connections. */
  readonly open: number;
}

/** Asks a child process; it answers one question at a time. */
const ask = <T>(child: ChildProcess, question: object | string): Promise<T> => {
  const answer = new Promise<T>((resolve) => child.once('message', (message) => resolve(message as T)));
  child.send(question);
  return answer;
};

const usage = (delay: ReturnType<typeof monitorEventLoopDelay>): Usage => {
  globalThis.gc?.();
  const { user, system } = process.cpuUsage();
  const answer = {
    cpu: (user + system) / 1e6,
    resident: process.memoryUsage().rss / 2 ** 20,
    lateAtWorst: delay.max / 1e6,
    late99: delay.percentile(99) / 1e6,
  };
  delay.reset();
  return answer;
};

/** Where the server keeps its data; the main process makes and removes it. */
const dataDir = process.env['BENCH_DATA_DIR'] ?? mkdtempSync(join(tmpdir(), 'oreno-bench-'));

const runServer = async (): Promise<void> => {
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  const server = await startServer({
    listen: { host: '127.0.0.1', port: Number(process.env['BENCH_PORT'] ?? 0) },
    dataDir,
    account,
    region,
    root: credentials,
    cluster: 'default',
    log: (level, message, fields) => {
      if (level === 'error') console.error(level, message, fields);
    },
  });
  process.on('message', (question) => {
    if (question === 'origin') process.send?.(server.origin);
    if (question === 'usage') process.send?.(usage(delay));
    if (question === 'stop') {
      void server.stop().then(() => process.disconnect());
    }
  });
};

const inParallel = async (count: number, atOnce: number, work: (index: number) => Promise<unknown>): Promise<void> => {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < count; index = next++) await work(index);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, count) }, worker));
};

/** Real agents come back at once where a server closes their connection, and with a growing pause where there is none. */
const keepConnected = (agent: SimulatedAgent): void => {
  const again = async (connect: () => Promise<void>, follow: () => void, pause: number): Promise<void> => {
    try {
      await connect();
      follow();
    } catch {
      await sleep(pause * (1 + Math.random() / 5));
      await again(connect, follow, Math.min(pause * 1.5, 120_000));
    }
  };
  const followAcs = (): void =>
    void agent.acsSocket?.once('close', () => void again(() => agent.connect(), followAcs, 250));
  const followTcs = (): void =>
    void agent.tcsSocket?.once('close', () => void again(() => agent.connectTelemetry(), followTcs, 1_000));
  followAcs();
  followTcs();
};

/** Reports at once: five thousand machines have a connection each, and one process here cannot have as many more. */
const reportsAtOnce = 64;

type TakeTurns = <T>(work: () => Promise<T>) => Promise<T>;

/** Works at so many things at a time, in the order in which they come. */
const inTurns = (atOnce: number): TakeTurns => {
  const waiting: (() => void)[] = [];
  let working = 0;
  return async (work) => {
    if (working >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
    working += 1;
    try {
      return await work();
    } finally {
      working -= 1;
      waiting.shift()?.();
    }
  };
};

const agentApi = (to: Omit<Call, 'model'>, takeTurns: TakeTurns): AgentApi => {
  const call = { ...to, model: ecsModel };
  return {
    register: (input) => callAws({ ...call, operation: 'RegisterContainerInstance', input }),
    discover: (input) => callAws({ ...call, operation: 'DiscoverPollEndpoint', input }),
    submit: (input) => takeTurns(() => callAws({ ...call, operation: 'SubmitTaskStateChange', input })),
  };
};

const runAgents = (): void => {
  const agents: SimulatedAgent[] = [];
  const takeTurns = inTurns(reportsAtOnce);
  let received = 0;
  const start = async (origin: string): Promise<void> => {
    await inParallel(instances, 32, async (index) => {
      const agent = new SimulatedAgent({
        origin,
        region,
        credentials,
        cluster: 'default',
        api: agentApi({ origin, region, credentials }, takeTurns),
        cpu: 16_384,
        memory: 65_536,
        attributes: [
          { name: 'ecs.availability-zone', value: `us-east-1${'abc'[index % 3] ?? 'a'}` },
          { name: 'com.amazonaws.ecs.capability.docker-remote-api.1.44' },
          ...Array.from({ length: 16 }, (_, minor) => ({
            name: `com.amazonaws.ecs.capability.docker-remote-api.1.${17 + minor}`,
          })),
        ],
        // Reports come when all is sent, so that both are seen apart.
        startsIn: reportsAfter + (index % 100) * 20,
        onMessage: ({ type, message }) => {
          if (type !== 'PayloadMessage') return;
          const list = message['tasks'] as readonly { readonly desiredStatus: string }[];
          received += list.filter(({ desiredStatus }) => desiredStatus === 'RUNNING').length;
        },
      });
      agents.push(agent);
      await agent.register();
      await agent.connect();
      if (telemetry) {
        await agent.connectTelemetry();
        startTelemetry(agent, 'default', (index / instances) * telemetryRound);
      }
      keepConnected(agent);
    });
  };
  process.on('message', (question) => {
    if (typeof question === 'object' && question !== null && 'origin' in question) {
      void start(String(question.origin)).then(() => process.send?.('ready'));
    }
    const open = agents.filter(({ acsSocket }) => acsSocket?.readyState === 1).length;
    if (question === 'counts') process.send?.({ received, open } satisfies AgentCounts);
    if (question === 'stop') {
      process.exit();
    }
  });
};

const row = (name: string, value: string): void => console.log(`${name.padEnd(58)} ${value}`);
const perSecond = (count: number, ms: number): string =>
  `${Math.round((count / ms) * 1000).toLocaleString('en')} a second`;
const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

const main = async (): Promise<void> => {
  const spawn = (role: string, more: NodeJS.ProcessEnv = {}): ChildProcess =>
    fork(import.meta.filename, [...process.argv.slice(2), '--role', role], {
      execArgv: [...process.execArgv, '--expose-gc', ...(process.env['BENCH_PROFILE'] === role ? ['--cpu-prof'] : [])],
      env: { ...process.env, BENCH_ROLE: role, BENCH_DATA_DIR: dataDir, ...more },
    });
  let server = spawn('server');
  const agents = spawn('agents');
  const origin = await ask<string>(server, 'origin');
  const call = { origin, region, credentials, model: ecsModel };
  const serverUsage = (): Promise<Usage> => ask<Usage>(server, 'usage');
  console.log(`${instances} container instances, ${tasks} tasks, ${process.version}`);

  const empty = await serverUsage();
  let begun = performance.now();
  await ask(agents, { origin });
  const joined = performance.now() - begun;
  const withInstances = await serverUsage();
  row('instances registered and connected', `${seconds(joined)}, ${perSecond(instances, joined)}`);
  row('memory an instance', `${(((withInstances.resident - empty.resident) * 1024) / instances).toFixed(1)} KiB`);

  const container = { name: 'main', image: 'bench:1', cpu: 10, memory: 32 };
  const definition = { family: 'bench', containerDefinitions: [container] };
  await callAws({ ...call, operation: 'RegisterTaskDefinition', input: definition });
  const placementStrategy = [
    { type: 'spread', field: 'attribute:ecs.availability-zone' },
    { type: 'binpack', field: 'memory' },
  ] as const;
  const input = { taskDefinition: 'bench', count: 10, placementStrategy };
  begun = performance.now();
  let failed = 0;
  await inParallel(tasks / 10, 16, async () => {
    const { failures = [] } = await callAws({ ...call, operation: 'RunTask', input });
    failed += failures.length;
  });
  const accepted = performance.now() - begun;
  const sent = async (): Promise<number> => (await ask<AgentCounts>(agents, 'counts')).received;
  while ((await sent()) < tasks - failed) await sleep(20);
  const allSent = performance.now() - begun;
  const running = async (): Promise<number> => {
    const { clusters = [] } = await callAws({ ...call, operation: 'DescribeClusters', input: {} });
    return clusters[0]?.runningTasksCount ?? 0;
  };
  while ((await running()) < tasks - failed) await sleep(500);
  const allRunning = performance.now() - begun;
  const full = await serverUsage();
  row('RunTask accepted (16 connections, 10 tasks each)', perSecond(tasks, accepted));
  row(
    'accepted to sent over ACS',
    `${perSecond(tasks, allSent)}; the last ${Math.round(allSent - accepted)} ms after its answer`,
  );
  // The first is reported that long after the first was sent.
  row('RUNNING reported (one signed call each)', perSecond(tasks, allRunning - reportsAfter));
  row('CPU of the server a task, all of the way', `${(((full.cpu - withInstances.cpu) * 1e6) / tasks).toFixed(0)} µs`);
  row('event loop late, 99 of 100 and at worst', lateness(full));
  row('memory a task', `${(((full.resident - withInstances.resident) * 1024) / tasks).toFixed(2)} KiB`);
  if (failed > 0) row('tasks that found no room', String(failed));

  await deploy(call, serverUsage);

  const before = await serverUsage();
  await sleep(steadySeconds * 1000);
  const after = await serverUsage();
  const share = ((after.cpu - before.cpu) / steadySeconds) * 100;
  row(`steady state, ${steadySeconds} s, of one core`, `${share.toFixed(1)} %`);
  row('resident at the end', `${after.resident.toFixed(0)} MiB`);
  row('event loop late meanwhile, 99 of 100 and at worst', lateness(after));
  await measureAnswers(call);
  row("the store's files", `${folderSize(join(dataDir, 'store')).toFixed(0)} MiB`);

  const stopped = new Promise((resolve) => server.once('exit', resolve));
  server.send('stop');
  await stopped;
  begun = performance.now();
  server = spawn('server', { BENCH_PORT: new URL(origin).port });
  await ask<string>(server, 'origin');
  const serves = performance.now() - begun;
  while ((await ask<AgentCounts>(agents, 'counts')).open < instances) await sleep(50);
  const allBack = performance.now() - begun;
  const back = await serverUsage();
  row('started again: serves after, all agents are back after', `${seconds(serves)}, ${seconds(allBack)}`);
  row('CPU and memory of that start', `${back.cpu.toFixed(1)} s, ${back.resident.toFixed(0)} MiB`);
  row('event loop late in that start, at worst', `${back.lateAtWorst.toFixed(0)} ms`);
  agents.send('stop');
  server.send('stop');
  server.once('exit', () => rmSync(dataDir, { recursive: true, force: true }));
};

const lateness = ({ late99, lateAtWorst }: Usage): string => `${late99.toFixed(0)} ms, ${lateAtWorst.toFixed(0)} ms`;

/** MiB of a folder's files. */
const folderSize = (folder: string): number =>
  readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0) / 2 ** 20;

/** How long a client waits for answers about a cluster of this size. */
const measureAnswers = async (call: Call): Promise<void> => {
  const page: ecs.ListTasksResponse = await callAws({ ...call, operation: 'ListTasks', input: {} });
  const tasks = page.taskArns ?? [];
  const questions = {
    'DescribeServices of the service': () =>
      callAws({ ...call, operation: 'DescribeServices', input: { services: ['web'] } }),
    'ListTasks, a page of 100': () => callAws({ ...call, operation: 'ListTasks', input: {} }),
    'ListTasks of the service': () => callAws({ ...call, operation: 'ListTasks', input: { serviceName: 'web' } }),
    'DescribeTasks of 100': () => callAws({ ...call, operation: 'DescribeTasks', input: { tasks } }),
    DescribeClusters: () => callAws({ ...call, operation: 'DescribeClusters', input: {} }),
    'ListContainerInstances, a page of 100': () => callAws({ ...call, operation: 'ListContainerInstances', input: {} }),
  };
  for (const [name, ask] of Object.entries(questions)) {
    const times: number[] = [];
    for (let count = 0; count < 100; count += 1) {
      const begun = performance.now();
      await ask();
      times.push(performance.now() - begun);
    }
    times.sort((left, right) => left - right);
    row(name, `${(times[50] ?? 0).toFixed(1)} ms, 99 of 100 within ${(times[98] ?? 0).toFixed(1)} ms`);
  }
};

interface Call {
  readonly origin: string;
  readonly region: string;
  readonly credentials: typeof credentials;
  readonly model: typeof ecsModel;
}

/** Makes a service and rolls it once; the time that the agents hold their reports back is left out. */
const deploy = async (call: Call, serverUsage: () => Promise<Usage>): Promise<void> => {
  if (serviceTasks === 0) return;
  const until = async (): Promise<number> => {
    const begun = performance.now();
    for (;;) {
      const input = { services: ['web'] };
      const { services = [] } = await callAws({ ...call, operation: 'DescribeServices', input });
      const [service] = services;
      const isDone = service?.deployments?.length === 1 && service.deployments[0]?.rolloutState === 'COMPLETED';
      if (isDone && service.runningCount === serviceTasks) return performance.now() - begun;
      await sleep(250);
    }
  };
  const create = { serviceName: 'web', taskDefinition: 'bench', desiredCount: serviceTasks };
  let before = await serverUsage();
  await callAws({ ...call, operation: 'CreateService', input: create });
  const made = await until();
  let after = await serverUsage();
  row(
    `a service of ${serviceTasks} tasks stable`,
    `${seconds(made - reportsAfter)}, ${(after.cpu - before.cpu).toFixed(1)} s of CPU`,
  );
  before = after;
  await callAws({ ...call, operation: 'UpdateService', input: { service: 'web', forceNewDeployment: true } });
  const rolled = await until();
  after = await serverUsage();
  row(
    `its rolling deployment (200 %, 100 %)`,
    `${seconds(rolled - reportsAfter)}, ${(after.cpu - before.cpu).toFixed(1)} s of CPU, loop late ${after.lateAtWorst.toFixed(0)} ms at worst`,
  );
};

const roles: Readonly<Record<string, () => Promise<void> | void>> = { server: runServer, agents: runAgents };
await (roles[process.env['BENCH_ROLE'] ?? ''] ?? main)();
