/**
 * What one AWS call costs in aws-wire, without sockets: verifying its signature, decoding and validating its input,
 * encoding its output, and all of it together through the dispatcher. Prints figures; never fails on them.
 * Run: npm run bench:wire
 */
import { Readable } from 'node:stream';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createDispatcher, defineService, ecsModel, sign, type CredentialSource, type ecs } from '@oreno/aws-wire';

const credentials = { accessKeyId: 'AKIABENCH0000000000', secretAccessKey: 'bench-secret' };
const principal = {
  type: 'root',
  arn: 'arn:aws:iam::000000000000:root',
  account: '000000000000',
  accessKeyId: credentials.accessKeyId,
  userId: '000000000000',
} as const;
const source: CredentialSource = { lookup: async () => ({ secretAccessKey: credentials.secretAccessKey, principal }) };

const definition: ecs.RegisterTaskDefinitionRequest = {
  family: 'hello',
  networkMode: 'bridge',
  containerDefinitions: [
    {
      name: 'web',
      image: 'localhost:4566/hello:1',
      cpu: 64,
      memory: 128,
      essential: true,
      portMappings: [{ containerPort: 8080, hostPort: 0, protocol: 'tcp' }],
      environment: [{ name: 'GREETING', value: 'Konnichiwa' }],
      logConfiguration: {
        logDriver: 'awslogs',
        options: { 'awslogs-group': '/ecs/hello', 'awslogs-region': 'us-east-1' },
      },
    },
  ],
};

const task = (taskArn: string): ecs.Task => ({
  taskArn,
  clusterArn: 'arn:aws:ecs:us-east-1:000000000000:cluster/default',
  taskDefinitionArn: 'arn:aws:ecs:us-east-1:000000000000:task-definition/hello:1',
  lastStatus: 'RUNNING',
  desiredStatus: 'RUNNING',
  createdAt: 1_795_373_069_820,
  containers: [{ name: 'web', lastStatus: 'RUNNING', networkBindings: [{ containerPort: 8080, hostPort: 32_768 }] }],
});

const dispatcher = createDispatcher({
  services: [
    defineService({
      model: ecsModel,
      bind: (base) => base,
      handlers: {
        DescribeTasks: async ({ tasks }) => ({ tasks: tasks.map(task), failures: [] }),
        RegisterTaskDefinition: async (input) => ({ taskDefinition: { ...input, revision: 1 } }),
      },
    }),
  ],
  credentials: source,
  authorizer: { authorize: () => Promise.resolve() },
  log: () => undefined,
  now: Date.now,
});

/** Stands in for node:http's request and response, so that only the wire's own work is timed. */
const requestOf = (headers: Readonly<Record<string, string>>, body: string): IncomingMessage =>
  Object.assign(Readable.from([Buffer.from(body)]), {
    headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
    method: 'POST',
    url: '/',
    socket: { remoteAddress: '127.0.0.1' },
  }) as unknown as IncomingMessage;

const responseInto = (answered: (status: number) => void): ServerResponse => {
  const response = {
    destroyed: false,
    headersSent: false,
    statusCode: 0,
    on: () => response,
    once: () => response,
    writeHead: (status: number) => {
      response.statusCode = status;
    },
    end: () => answered(response.statusCode),
  };
  return response as unknown as ServerResponse;
};

const measure = async (operation: string, input: object): Promise<void> => {
  const body = JSON.stringify(input);
  const headers = sign({
    method: 'POST',
    url: 'http://127.0.0.1:4566/',
    headers: {
      'content-type': 'application/x-amz-json-1.1',
      'x-amz-target': `AmazonEC2ContainerServiceV20141113.${operation}`,
    },
    body,
    region: 'us-east-1',
    service: 'ecs',
    credentials,
    now: Date.now(),
  });
  const once = async (): Promise<void> => {
    let status = 0;
    await dispatcher.handle(
      requestOf(headers, body),
      responseInto((given) => (status = given)),
    );
    if (status !== 200) throw new Error(`${operation} answered ${status}`);
  };
  for (let n = 0; n < 3000; n += 1) await once();
  const rounds = 20_000;
  const begun = process.cpuUsage();
  const started = performance.now();
  for (let n = 0; n < rounds; n += 1) await once();
  const took = performance.now() - started;
  const { user, system } = process.cpuUsage(begun);
  process.stdout.write(
    `${operation.padEnd(24)} ${Math.round((rounds / took) * 1000)} calls/s on one core, ` +
      `${((user + system) / rounds).toFixed(1)} µs of CPU each (${body.length} bytes in)\n`,
  );
};

const started = performance.now();
const operations = Object.keys(ecsModel.table.operations).length;
process.stdout.write(
  `the ECS table (${operations} operations) is read in ${(performance.now() - started).toFixed(1)} ms\n`,
);
const arn = (n: number): string => `arn:aws:ecs:us-east-1:000000000000:task/default/${String(n).padStart(32, '0')}`;
await measure('DescribeTasks', { tasks: [arn(1)] });
await measure('DescribeTasks', { tasks: Array.from({ length: 100 }, (_, n) => arn(n)) });
await measure('RegisterTaskDefinition', definition);
