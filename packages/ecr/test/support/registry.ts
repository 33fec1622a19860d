/** A registry on a free port over a real store, real files and the real IAM, for tests. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ECRClient } from '@aws-sdk/client-ecr';
import { AwsError, createDispatcher } from '@oreno/aws-wire';
import type { AuthorizationRequest, Log, Principal, RequestContext, ecr } from '@oreno/aws-wire';
import { openFileBlobs } from '@oreno/blobs';
import type { Blobs } from '@oreno/blobs';
import { openIam } from '@oreno/iam';
import { openEventWriter } from '@oreno/events';
import { openTemporaryStore } from '@oreno/store';
import type { Store } from '@oreno/store';
import { openEcr, openUpstreamSecrets } from '../../src/index.ts';
import type { EcrIam, EcrRoom, ScannerOptions, UpstreamSecrets } from '../../src/index.ts';

export const account = '000000000000';
export const region = 'us-east-1';
export const accessKeyId = 'AKIATESTTESTTESTTEST';
export const secretAccessKey = 'secret+of/the:root';

export const principalOf = (id: string): Principal => ({
  type: 'root',
  arn: `arn:aws:iam::${id}:root`,
  account: id,
  accessKeyId,
  userId: id,
});

/** The real IAM with a root key, except that what `deny` says is refused whoever asks. */
const createIam = async (
  store: Store,
  dataDir: string,
  now: () => number,
  deny: (request: AuthorizationRequest) => boolean,
): Promise<EcrIam> => {
  const root = { accessKeyId, secretAccessKey };
  const iam = await openIam({ store, dataDir, account, root, now, log: () => undefined });
  return {
    ...iam,
    authorizer: {
      authorize: async (request) => {
        if (!deny(request)) return iam.authorizer.authorize(request);
        const { principal, action, resources } = request;
        throw new AwsError(
          'AccessDeniedException',
          `User: ${principal.arn} is not authorized to perform: ${action} on resource: ${resources[0]} because no identity-based policy allows the ${action} action`,
        );
      },
    },
  };
};

type Operations = ecr.Operations;

export interface TestRegistry {
  readonly origin: string;
  readonly port: number;
  readonly room: EcrRoom;
  readonly store: Store;
  readonly blobs: Blobs;
  readonly secrets: UpstreamSecrets;
  readonly iam: EcrIam;
  /** Denies the actions named, until it is emptied again. */
  readonly denied: Set<string>;
  /** The AWS SDK's own client, signing with the access key. */
  readonly client: ECRClient;
  /** Log lines of level error. */
  readonly errors: string[];
  /** The value of an Authorization header that opens the registry. */
  readonly authorization: string;
  /** Moves the registry's clock ahead of the real one, in milliseconds. */
  ahead: number;
  /** Calls an operation of the API as the dispatcher would. */
  call<Name extends keyof Operations>(
    operation: Name,
    input: Operations[Name]['input'],
    context?: Partial<RequestContext>,
  ): Promise<Operations[Name]['output']>;
  /** An authorised request; `path` starts with a slash. */
  request(method: string, path: string, options?: RequestOptions): Promise<Response>;
  /** Forgets everything in memory, as a restarted process would. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface RequestOptions {
  readonly headers?: Record<string, string>;
  readonly body?: Uint8Array | string | ReadableStream<Uint8Array>;
  /** Another Authorization header, or none. */
  readonly authorization?: string | null;
}

/** Starts one; layers go to `blobsDirectory` where that is given, images are scanned with the scanner. */
export const startRegistry = async (blobsDirectory?: string, scanner?: ScannerOptions): Promise<TestRegistry> => {
  const directory = await mkdtemp(join(tmpdir(), 'oreno-ecr-'));
  const denied = new Set<string>();
  const errors: string[] = [];
  const clock = { ahead: 0 };
  const now = (): number => Date.now() + clock.ahead;
  const store = await openTemporaryStore({ now });
  const iam = await createIam(store, directory, now, ({ action }) => denied.has(action));
  const secrets = openUpstreamSecrets(store, iam, now);
  const blobs = await openFileBlobs({ directory: blobsDirectory ?? join(directory, 'blobs') });
  const server = createServer((request, response) => {
    void serve(request, response);
  });
  server.requestTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const origin = `http://127.0.0.1:${port}`;
  const log: Log = (level, message, fields) => {
    if (level === 'error') errors.push(`${message} ${JSON.stringify(fields)} ${String(fields?.['error'])}`);
  };
  const writeEvents = openEventWriter();
  const open = (): Promise<EcrRoom> =>
    openEcr({
      store,
      writeEvents,
      blobs,
      iam,
      registryHost: `127.0.0.1:${port}`,
      scratch: join(directory, 'scratch'),
      secrets,
      scanner,
      now,
      log,
    });
  let current = await open();
  const dispatch = (): ReturnType<typeof createDispatcher> =>
    createDispatcher({
      services: [current.service],
      credentials: iam.credentials,
      authorizer: iam.authorizer,
      now,
      log,
    });
  let dispatcher = dispatch();
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (!(await current.http(request, response))) await dispatcher.handle(request, response);
  };
  const client = new ECRClient({
    endpoint: origin,
    region,
    credentials: { accessKeyId, secretAccessKey },
    maxAttempts: 1,
  });
  const registry: TestRegistry = {
    origin,
    port,
    get room() {
      return current;
    },
    store,
    blobs,
    secrets,
    iam,
    denied,
    errors,
    client,
    authorization: `Basic ${Buffer.from(`${accessKeyId}:${secretAccessKey}`).toString('base64')}`,
    get ahead() {
      return clock.ahead;
    },
    set ahead(milliseconds) {
      clock.ahead = milliseconds;
    },
    call: async (operation, input, context) => {
      const base: RequestContext = {
        account,
        region,
        principal: principalOf(account),
        requestId: 'test',
        call: { sourceIp: '127.0.0.1', userAgent: 'test', isSecure: false, time: 0 },
        origin,
        now,
        signal: new AbortController().signal,
        ...context,
      };
      const { resources, policiesOf, run } = current.service.prepare(operation, input, base);
      const { principal, region: signedFor } = base;
      const action = `ecr:${operation}`;
      await iam.authorizer.authorize({ principal, action, resources, policiesOf, region: signedFor });
      return (await run()) as Operations[typeof operation]['output'];
    },
    request: (method, path, { headers = {}, body, authorization = registry.authorization } = {}) =>
      fetch(path.startsWith('http') ? path : `${origin}${path}`, {
        method,
        headers: authorization === null ? headers : { ...headers, authorization },
        redirect: 'manual',
        ...(body === undefined ? {} : { body, duplex: 'half' }),
      }),
    restart: async () => {
      await current.stop();
      current = await open();
      dispatcher = dispatch();
    },
    stop: async () => {
      client.destroy();
      await current.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await blobs.close();
      await store.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
  return registry;
};
