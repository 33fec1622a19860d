/**
 * Signed requests a second of the operations on tasks, against a real server over real sockets with eight
 * connections: 1,000 container instances, RunTask with 10 tasks a request (placed, durable), then DescribeTasks and
 * ListTasks of what runs. Prints figures; never fails on them. Run: node bench/tasks.ts
 */
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callAws, ecsModel, sign, type ecs } from '@oreno/aws-wire';
import { startServer } from '@oreno/server';
import { openSqliteStore } from '@oreno/store';
import { containerInstances } from '../packages/ecs/src/records.ts';
import { inDefault, instanceRecord } from '../packages/ecs/test/support/placement-records.ts';

const connections = 8;
const instances = 1_000;
const seconds = Number(process.env['BENCH_SECONDS'] ?? 5);
const credentials = { accessKeyId: 'AKIABENCH0000000000', secretAccessKey: 'bench-secret' };

interface Load {
  readonly origin: string;
  readonly operation: string;
  readonly body: string;
}

interface Outcome {
  readonly perSecond: number;
  readonly median: number;
  readonly p99: number;
  readonly failed: number;
}

const post = (agent: Agent, { origin, operation, body }: Load): Promise<number> =>
  new Promise((resolve, reject) => {
    const headers = sign({
      method: 'POST',
      url: `${origin}/`,
      headers: {
        'content-type': 'application/x-amz-json-1.1',
        'x-amz-target': `AmazonEC2ContainerServiceV20141113.${operation}`,
      },
      body,
      region: inDefault.region,
      service: 'ecs',
      credentials,
      now: Date.now(),
    });
    const call = request(origin, { method: 'POST', agent, headers }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode ?? 0));
    });
    call.once('error', reject);
    call.end(body);
  });

const runLoad = async (load: Load): Promise<Outcome> => {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const begun = performance.now();
  const times: number[] = [];
  let failed = 0;
  const worker = async (): Promise<void> => {
    while (performance.now() < begun + seconds * 1000) {
      const start = performance.now();
      if ((await post(agent, load)) !== 200) failed += 1;
      times.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: connections }, worker));
  const took = (performance.now() - begun) / 1000;
  agent.destroy();
  times.sort((left, right) => left - right);
  const at = (share: number): number => times[Math.floor(times.length * share)] ?? 0;
  return { perSecond: times.length / took, median: at(0.5), p99: at(0.99), failed };
};

// The load runs in a process of its own, as a client would, on the other core.
const measure = (load: Load): Promise<Outcome> => {
  const child = fork(import.meta.filename, ['client'], { execArgv: process.execArgv });
  const outcome = new Promise<Outcome>((resolve) => child.once('message', (message) => resolve(message as Outcome)));
  child.send(load);
  return outcome;
};

const show = (name: string, { perSecond, median, p99, failed }: Outcome, more = ''): void =>
  console.log(
    `${name.padEnd(26)} ${perSecond.toFixed(0).padStart(6)}/s  median ${median.toFixed(2)} ms  p99 ${p99.toFixed(2)} ms  failed ${failed}${more}`,
  );

/** Writes instances with connected agents, as if they had registered. */
const seedInstances = async (dataDir: string): Promise<void> => {
  const store = await openSqliteStore({ directory: join(dataDir, 'store'), now: Date.now });
  await store.update(async (transaction) => {
    for (let index = 0; index < instances; index += 1) {
      const zone = `us-east-1${'abc'[index % 3] ?? ''}`;
      const registered = { cpu: 1_000_000, memory: 4_000_000, ports: [22], portsUdp: [], gpus: [] };
      const values = Object.fromEntries(
        Array.from({ length: 16 }, (_, version) => [
          `com.amazonaws.ecs.capability.docker-remote-api.1.${17 + version}`,
          '',
        ]),
      );
      const id = index.toString(16).padStart(32, '0');
      await transaction.put(containerInstances, instanceRecord(id, { zone, registered, values, agentConnected: true }));
    }
  });
  await store.close();
};

const main = async (): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'oreno-bench-'));
  await seedInstances(folder);
  const server = await startServer({
    listen: { host: '127.0.0.1', port: 0 },
    dataDir: folder,
    account: inDefault.account,
    region: inDefault.region,
    root: credentials,
    cluster: 'default',
    log: (level, message, fields) => {
      if (level === 'error' || level === 'warn') console.error(level, message, fields);
    },
  });
  const { origin } = server;
  const common = { origin, model: ecsModel, region: inDefault.region, credentials };
  const definition: ecs.RegisterTaskDefinitionRequest = {
    family: 'bench',
    containerDefinitions: [{ name: 'main', image: 'bench:1', cpu: 10, memory: 32 }],
  };
  await callAws({ ...common, operation: 'RegisterTaskDefinition', input: definition });
  const strategy = [
    { type: 'spread', field: 'attribute:ecs.availability-zone' },
    { type: 'binpack', field: 'memory' },
  ] as const;
  const input: ecs.RunTaskRequest = { taskDefinition: 'bench', count: 10, placementStrategy: strategy };
  const answer: ecs.RunTaskResponse = await callAws({ ...common, operation: 'RunTask', input });
  const tasks = (answer.tasks ?? []).map(({ taskArn = '' }) => taskArn);
  console.log(
    `${connections} connections, ${seconds} s each, one client process, ${process.version}, ${instances} instances`,
  );
  const describe = (count: number): Load => ({
    origin,
    operation: 'DescribeTasks',
    body: JSON.stringify({ tasks: tasks.slice(0, count) }),
  });
  show('DescribeTasks (1 task)', await measure(describe(1)));
  show('DescribeTasks (10 tasks)', await measure(describe(10)));
  const run = await measure({ origin, operation: 'RunTask', body: JSON.stringify(input) });
  show('RunTask (10 tasks)', run, `  = ${(run.perSecond * 10).toFixed(0)} tasks/s`);
  show('ListTasks (100 of them)', await measure({ origin, operation: 'ListTasks', body: '{}' }));
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
};

if (process.argv[2] === 'client') {
  process.once('message', (load) => {
    void runLoad(load as Load).then((outcome) => {
      process.send?.(outcome);
      process.disconnect();
    });
  });
} else {
  await main();
}
