/**
 * A server in this process with a few handlers of its own, for the tests of the wire: what comes back is chosen
 * to touch times, blobs, empty members and modelled errors of every protocol.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  AwsError,
  cloudwatchModel,
  createDispatcher,
  defineService,
  ecrModel,
  ecsModel,
  iamModel,
  logsModel,
  stsModel,
} from '../src/index.ts';
import type { AwsService, CredentialSource, Dispatcher, Principal, RequestContext } from '../src/index.ts';

export const accessKeyId = 'AKIATESTTESTTESTTEST';
export const secretAccessKey = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';
export const sessionKeyId = 'ASIATESTTESTTESTTEST';
export const sessionToken = 'a-session-token/with+odd=characters';

const principal = (keyId: string): Principal => ({
  type: 'root',
  arn: 'arn:aws:iam::000000000000:root',
  account: '000000000000',
  accessKeyId: keyId,
  userId: '000000000000',
});

const credentials: CredentialSource = {
  lookup: async (keyId, token) => {
    if (keyId === accessKeyId && token === undefined) return { secretAccessKey, principal: principal(keyId) };
    if (keyId === sessionKeyId && token === sessionToken) return { secretAccessKey, principal: principal(keyId) };
    return keyId === sessionKeyId && token === 'old' ? 'ExpiredTokenException' : 'UnrecognizedClientException';
  },
};

const bind = (base: RequestContext): RequestContext => base;

const services: readonly AwsService[] = [
  defineService({
    model: ecsModel,
    bind,
    handlers: {
      ListClusters: async (input) => ({
        clusterArns: [`arn:aws:ecs:us-east-1:000000000000:cluster/${input.nextToken ?? 'default'}`],
      }),
      DescribeTasks: async (input) => {
        if (input.cluster === 'missing') throw new AwsError('ClusterNotFoundException', 'Cluster not found.');
        if (input.cluster === 'crash') throw new TypeError('a handler fell over');
        return {
          tasks: input.tasks.map((taskArn) => ({ taskArn, createdAt: 1_795_373_069_820, containers: [] })),
          failures: [],
        };
      },
      RunTask: async (input) => ({ tasks: [{ launchType: input.launchType, group: input.group }] }),
      RegisterTaskDefinition: async (input) => ({ taskDefinition: { ...input, revision: 1 } }),
    },
  }),
  defineService({
    model: ecrModel,
    bind,
    handlers: {
      UploadLayerPart: async (input) => ({ uploadId: String(input.layerPartBlob.length) }),
      CreateRepository: async (input) => ({ repository: { repositoryName: input.repositoryName } }),
    },
  }),
  defineService({
    model: logsModel,
    bind,
    handlers: {
      CreateLogGroup: async () => undefined,
      PutLogEvents: async (input) => ({ nextSequenceToken: String(input.logEvents.length) }),
      StartLiveTail: async () => ({
        responseStream: (async function* events() {
          yield { sessionStart: { requestId: 'r', sessionId: 's' } };
          yield { sessionUpdate: { sessionResults: [{ message: 'hello', timestamp: 1 }] } };
        })(),
      }),
    },
  }),
  defineService({
    model: cloudwatchModel,
    bind,
    handlers: {
      PutMetricData: async (input) => {
        if (input.Namespace === 'Missing') throw new AwsError('ResourceNotFound', 'No such thing.');
      },
      ListMetrics: async (input) => ({
        Metrics: [{ Namespace: input.Namespace, MetricName: 'a<b>&"c', Dimensions: [{ Name: 'n', Value: 'v' }] }],
      }),
      GetMetricStatistics: async (input) => ({
        Label: input.MetricName,
        Datapoints: [{ Timestamp: input.StartTime, Sum: 1.5 }],
      }),
    },
  }),
  defineService({
    model: iamModel,
    bind,
    handlers: {
      ListUsers: async () => ({
        Users: [
          {
            UserName: 'u',
            Path: '/',
            UserId: 'AIDA',
            Arn: 'arn:aws:iam::000000000000:user/u',
            CreateDate: 1_795_373_069_820,
          },
        ],
        IsTruncated: false,
      }),
      GetUser: async (input) => {
        throw new AwsError('NoSuchEntityException', `The user with name ${input.UserName ?? ''} cannot be found.`);
      },
    },
  }),
  defineService({
    model: stsModel,
    bind,
    handlers: {
      GetCallerIdentity: async (_, context) => ({
        Account: context.account,
        Arn: context.principal.arn,
        UserId: context.principal.userId,
      }),
    },
  }),
];

export interface TestServer {
  readonly origin: string;
  readonly port: number;
  readonly dispatcher: Dispatcher;
  /** The fields of the access-log lines so far. */
  readonly requests: readonly Readonly<Record<string, unknown>>[];
  readonly errors: readonly Readonly<Record<string, unknown>>[];
  close(): Promise<void>;
}

/** Starts the server on a free port. */
export const startServer = async (options: { readonly bodyIdleMs?: number } = {}): Promise<TestServer> => {
  const requests: Readonly<Record<string, unknown>>[] = [];
  const errors: Readonly<Record<string, unknown>>[] = [];
  const dispatcher = createDispatcher({
    services,
    credentials,
    authorizer: {
      authorize: async ({ action }) => {
        if (action === 'ecr:CreateRepository') throw new AwsError('AccessDeniedException', 'User: x is not authorized');
      },
    },
    log: (level, message, fields = {}) => {
      if (message === 'request') requests.push(fields);
      else if (level === 'error') errors.push(fields);
    },
    now: Date.now,
    ...options,
  });
  const server = createServer((request, response) => void dispatcher.handle(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    port,
    dispatcher,
    requests,
    errors,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};
