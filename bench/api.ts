/**
 * Signed requests a second of DescribeTasks and RegisterTaskDefinition against a real server over real sockets, with
 * eight connections, beside a bare node:http server that answers the same bytes without looking: what HTTP alone costs.
 * Prints figures; never fails on them. Run: npm run bench:api
 */
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent, createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callAws, ecsModel, sign, type ecs } from '@oreno/aws-wire';
import { startServer } from '@oreno/server';

const connections = 8;
const seconds = Number(process.env['BENCH_SECONDS'] ?? 5);
const credentials = { accessKeyId: 'AKIABENCH0000000000', secretAccessKey: 'bench-secret' };

interface Load {
  readonly origin: string;
  readonly target: string;
  /** One body a connection after the other; `{n}` is replaced by a number that is never the same twice. */
  readonly body: string;
}

interface Outcome {
  readonly perSecond: number;
  readonly median: number;
  readonly p99: number;
  readonly failed: number;
}

const runLoad = async ({ origin, target, body }: Load): Promise<Outcome> => {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const until = performance.now() + seconds * 1000;
  const times: number[] = [];
  let failed = 0;
  let n = 0;
  const worker = async (): Promise<void> => {
    while (performance.now() < until) {
      n += 1;
      const text = body.replace('{n}', String(n % 50));
      const begun = performance.now();
      const status = await post(agent, origin, target, text);
      times.push(performance.now() - begun);
      if (status !== 200) failed += 1;
    }
  };
  const begun = performance.now();
  await Promise.all(Array.from({ length: connections }, worker));
  const took = (performance.now() - begun) / 1000;
  agent.destroy();
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.floor(times.length * share)] ?? 0;
  return { perSecond: times.length / took, median: at(0.5), p99: at(0.99), failed };
};

const post = (agent: Agent, origin: string, target: string, body: string): Promise<number> =>
  new Promise((resolve, reject) => {
    const headers = sign({
      method: 'POST',
      url: `${origin}/`,
      headers: { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target },
      body,
      region: 'us-east-1',
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

// The load runs in a process of its own, as a client would, on the other core.
const measure = async (load: Load): Promise<Outcome> => {
  const child: ChildProcess = fork(import.meta.filename, ['client'], { execArgv: process.execArgv });
  const outcome = new Promise<Outcome>((resolve) => child.once('message', (message) => resolve(message as Outcome)));
  child.send(load);
  return outcome;
};

const show = (name: string, outcome: Outcome, peer: Outcome): void => {
  const ratio = (outcome.perSecond / peer.perSecond).toFixed(2);
  console.log(
    `${name.padEnd(28)} ${outcome.perSecond.toFixed(0).padStart(6)}/s  median ${outcome.median.toFixed(2)} ms  p99 ${outcome.p99.toFixed(2)} ms` +
      `  failed ${outcome.failed}   bare node:http ${peer.perSecond.toFixed(0)}/s  ratio ${ratio}`,
  );
};

const bare = async (answer: string): Promise<{ origin: string; close: () => void }> => {
  const server = createServer((incoming, response) => {
    incoming.resume();
    incoming.once('end', () => response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' }).end(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close: () => server.close() };
};

const definition: ecs.RegisterTaskDefinitionRequest = {
  family: 'bench',
  containerDefinitions: [{ name: 'main', image: 'bench:1', cpu: 10, memory: 32, essential: true }],
};

const main = async (): Promise<void> => {
  const folder = mkdtempSync(join(tmpdir(), 'oreno-bench-'));
  const server = await startServer({
    listen: { host: '127.0.0.1', port: 0 },
    dataDir: folder,
    account: '000000000000',
    region: 'us-east-1',
    root: credentials,
    cluster: 'default',
    log: (level, message, fields) => {
      if (level === 'error' || level === 'warn') console.error(level, message, fields);
    },
  });
  const common = { origin: server.origin, model: ecsModel, region: 'us-east-1', credentials };
  const { taskDefinition } = await callAws({ ...common, operation: 'RegisterTaskDefinition', input: definition });
  console.log(`${connections} connections, ${seconds} s each, one client process, ${process.version}`);
  const described = JSON.stringify({ tasks: Array.from({ length: 10 }, (_, n) => String(n).padStart(32, '0')) });
  const peer = await bare(JSON.stringify({ taskDefinition }));
  const describe = { target: 'AmazonEC2ContainerServiceV20141113.DescribeTasks', body: described };
  const register = {
    target: 'AmazonEC2ContainerServiceV20141113.RegisterTaskDefinition',
    body: JSON.stringify({ ...definition, family: 'bench-{n}' }),
  };
  show(
    'DescribeTasks (10 missing)',
    await measure({ ...describe, origin: server.origin }),
    await measure({ ...describe, origin: peer.origin }),
  );
  show(
    'RegisterTaskDefinition',
    await measure({ ...register, origin: server.origin }),
    await measure({ ...register, origin: peer.origin }),
  );
  peer.close();
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
