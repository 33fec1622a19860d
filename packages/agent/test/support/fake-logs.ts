import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AwsError, createDispatcher, defineService, type logs, logsModel, type RequestContext } from '@oreno/aws-wire';

/**
 * A CloudWatch Logs that keeps what it is given in memory and can be taken down and up again on its port: the
 * control plane of the log spool's tests. It checks signatures and the order of each batch as the real one does.
 */
export interface FakeLogs {
  readonly origin: string;
  readonly groups: Map<string, Map<string, string[]>>;
  readonly calls: string[];
  lines(group: string, stream: string): readonly string[];
  down(): Promise<void>;
  up(): Promise<void>;
  /** Milliseconds every answer waits. */
  slow(milliseconds: number): void;
}

export const agentCredentials = { accessKeyId: 'AKIAAGENT', secretAccessKey: 'agent-secret' };

export const startFakeLogs = async (): Promise<FakeLogs> => {
  const groups = new Map<string, Map<string, string[]>>();
  const calls: string[] = [];
  let waitMs = 0;
  const missing = (what: string): AwsError =>
    new AwsError('ResourceNotFoundException', `The specified log ${what} does not exist.`);
  const begin = async (operation: string): Promise<void> => {
    calls.push(operation);
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
  };
  const service = defineService<logs.Operations, RequestContext>({
    model: logsModel,
    bind: (base) => base,
    handlers: {
      CreateLogGroup: async ({ logGroupName }) => {
        await begin('CreateLogGroup');
        if (groups.has(logGroupName))
          throw new AwsError('ResourceAlreadyExistsException', 'The specified log group already exists');
        groups.set(logGroupName, new Map());
      },
      CreateLogStream: async ({ logGroupName, logStreamName }) => {
        await begin('CreateLogStream');
        const group = groups.get(logGroupName);
        if (group === undefined) throw missing('group');
        if (group.has(logStreamName))
          throw new AwsError('ResourceAlreadyExistsException', 'The specified log stream already exists');
        group.set(logStreamName, []);
      },
      PutLogEvents: async ({ logGroupName, logStreamName, logEvents }) => {
        await begin('PutLogEvents');
        const stream = groups.get(logGroupName)?.get(logStreamName);
        if (stream === undefined) throw missing('stream');
        const sorted = logEvents.every(
          (event, at) => at === 0 || (logEvents[at - 1]?.timestamp ?? 0) <= event.timestamp,
        );
        if (!sorted)
          throw new AwsError(
            'InvalidParameterException',
            'Log events in a single PutLogEvents request must be in chronological order.',
          );
        stream.push(...logEvents.map(({ message }) => message));
        return { nextSequenceToken: '1' };
      },
      DescribeLogGroups: async () => {
        await begin('DescribeLogGroups');
        return { logGroups: [...groups.keys()].map((logGroupName) => ({ logGroupName })) };
      },
    },
  });
  const principal = {
    type: 'root',
    arn: 'arn:aws:iam::000000000000:root',
    account: '000000000000',
    userId: 'x',
  } as const;
  const dispatcher = createDispatcher({
    services: [service],
    credentials: {
      lookup: (accessKeyId) =>
        Promise.resolve(
          accessKeyId === agentCredentials.accessKeyId
            ? { secretAccessKey: agentCredentials.secretAccessKey, principal: { ...principal, accessKeyId } }
            : 'UnrecognizedClientException',
        ),
    },
    authorizer: { authorize: () => Promise.resolve() },
    log: () => undefined,
    now: Date.now,
  });
  let server: Server | undefined;
  let port = 0;
  const up = async (): Promise<void> => {
    const next = createServer((request, response) => void dispatcher.handle(request, response));
    await new Promise<void>((resolve, reject) => next.once('error', reject).listen(port, '127.0.0.1', resolve));
    port = (next.address() as AddressInfo).port;
    server = next;
  };
  await up();
  return {
    origin: `http://127.0.0.1:${port}`,
    groups,
    calls,
    lines: (group, stream) => groups.get(group)?.get(stream) ?? [],
    up,
    down: async () => {
      const old = server;
      server = undefined;
      old?.closeAllConnections();
      await new Promise<void>((resolve) => (old === undefined ? resolve() : old.close(() => resolve())));
    },
    slow: (milliseconds) => {
      waitMs = milliseconds;
    },
  };
};
