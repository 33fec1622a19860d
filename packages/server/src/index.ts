/**
 * The server: one port on which every service, the registry and the agents' websockets are served. It composes the
 * rooms and owns nothing else; see docs/architecture.md.
 */
import { createServer as createTlsServer, Server as TlsServer } from 'node:https';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { ScannerOptions } from '@oreno/ecr';
import { createDispatcher, type Dispatcher, type Log } from '@oreno/aws-wire';
import type { IamRoom, RootAccessKey } from '@oreno/iam';
import { CannotStart, startFailure } from './cannot-start.ts';
import { serveEvents } from './event-feed.ts';
import { openAuditTrail } from './audit-trail.ts';
import { serveInstanceCredentials } from './instance-credentials.ts';
import { serveMachineGroups } from './machine-groups.ts';
import { serveUpstreamCredentials, upstreamCredentialsPath } from './upstream-credentials.ts';
import { serveRegistryUpkeep } from './registry-upkeep.ts';
import { openRooms, type Rooms } from './rooms.ts';

export { CannotStart } from './cannot-start.ts';
export { findScanner, isSecretName, scannerProblem } from '@oreno/ecr';
export type { UpstreamSecret } from '@oreno/ecr';
export type { Collected, ScannerOptions, Verified } from '@oreno/ecr';
export type { AwsEvent } from '@oreno/events';
export type { EventFeedPage } from './event-feed.ts';
export type { InstanceCredentials } from './instance-credentials.ts';
export type { MachineGroupAnswer } from './machine-groups.ts';
export { auditFiles } from './audit-trail.ts';
export { coverage, type ServiceCoverage } from './coverage.ts';

export interface ServerOptions {
  readonly listen: { readonly host: string; readonly port: number };
  /** Folder of the server's own; made when it is not there, readable by its owner alone. */
  readonly dataDir: string;
  readonly account: string;
  readonly region: string;
  /** Host and port in repository URIs; the listen address when absent. */
  readonly registryHost?: string | undefined;
  /** Whether `<account>.dkr.ecr.<region>.amazonaws.com` means Amazon's registry even for accounts kept here. */
  readonly leavesAmazonNames?: boolean | undefined;
  /** What images are scanned with; scans fail where it is absent. */
  readonly scanner?: ScannerOptions | undefined;
  /** Certificate chain and key in PEM: everything is served with them on the same port. Plain HTTP when absent. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  /** The root access key, where it is not to be made and kept in the data folder. */
  readonly root?: RootAccessKey | undefined;
  /** A cluster to make at the start, where it is not there yet. */
  readonly cluster?: string | undefined;
  readonly log: Log;
}

export interface RunningServer {
  /** Scheme, host and port that clients on this machine use. */
  readonly origin: string;
  readonly port: number;
  readonly rootAccessKey: RootAccessKey;
  readonly issueSession: IamRoom['issueSession'];
  /** Serves new connections with another certificate and key. Throws for what is none, and without TLS does nothing. */
  readonly renewTls: (tls: { readonly cert: string; readonly key: string }) => void;
  /** Ends connections and loops cleanly; what was acknowledged is kept. */
  stop(): Promise<void>;
}

/**
 * Starts the server and answers once it serves. Throws an error that names the address when the port is taken, or the
 * folder when another server uses it.
 */
export const startServer = async (options: ServerOptions): Promise<RunningServer> => {
  const { listen } = options;
  const limits = { requestTimeout: 0, headersTimeout: 20_000, maxHeaderSize: 64 * 1024 };
  const http: Server = options.tls ? createTlsServer({ ...limits, ...options.tls }) : createServer(limits);
  const serve = hold(http);
  const port = await bind(http, listen);
  try {
    const host = listen.host === '0.0.0.0' || listen.host === '::' ? '127.0.0.1' : listen.host;
    const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
    const rooms = await openRooms({ ...options, registryHost: options.registryHost ?? authority, now: Date.now });
    // The store's lock is held by now: no other server writes to this trail.
    const audit = openAuditTrail(options.dataDir, Date.now, options.log);
    const { log } = audit;
    serve(handlersOf(rooms, log));
    await rooms.start();
    if (options.cluster !== undefined) await rooms.ecs.ensureCluster(options.cluster);
    log('info', 'serving', { address: authority, account: options.account, region: options.region });
    return {
      origin: `${options.tls ? 'https' : 'http'}://${authority}`,
      port,
      rootAccessKey: rooms.iam.rootAccessKey,
      issueSession: rooms.iam.issueSession,
      renewTls: ({ cert, key }) => {
        if (http instanceof TlsServer) http.setSecureContext({ cert, key });
      },
      stop: async () => {
        await stop(http, rooms);
        audit.close();
      },
    };
  } catch (error) {
    http.close();
    http.closeAllConnections();
    throw startFailure(error);
  }
};

const bind = (http: Server, { host, port }: ServerOptions['listen']): Promise<number> =>
  new Promise((resolve, reject) => {
    http.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        error.code === 'EADDRINUSE'
          ? new CannotStart(
              `port ${port} on ${host} is taken by another program; choose another one with --port or --listen`,
            )
          : new CannotStart(`cannot listen on ${host}:${port}: ${error.message}`),
      ),
    );
    // After a restart every agent of a cluster connects in the same second.
    const backlog = 4_096;
    http.listen({ port, host, backlog }, () => resolve((http.address() as AddressInfo).port));
  });

interface Handlers {
  readonly request: (request: IncomingMessage, response: ServerResponse) => void;
  readonly upgrade: (request: IncomingMessage, socket: Socket, head: Buffer) => void;
}

/**
 * Takes requests from the moment that the port is bound and lets them wait until the function that this returns is
 * given who answers them: whoever connects while the rooms are being opened is neither refused nor forgotten.
 */
const hold = (http: Server): ((handlers: Handlers) => void) => {
  const { promise, resolve } = Promise.withResolvers<Handlers>();
  http.on('request', (request, response) => {
    void promise.then((handlers) => handlers.request(request, response));
  });
  http.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    socket.on('error', () => socket.destroy());
    void promise.then((handlers) => handlers.upgrade(request, socket, head));
  });
  return resolve;
};

const handlersOf = (rooms: Rooms, log: Log): Handlers => {
  const dispatcher: Dispatcher = createDispatcher({
    services: rooms.services,
    credentials: rooms.iam.credentials,
    authorizer: rooms.iam.authorizer,
    now: Date.now,
    log,
  });
  rooms.ecs.connect(dispatcher.authenticate);
  return {
    request: (request, response) => {
      route(request, response, rooms, dispatcher).catch((error: unknown) => {
        log('error', 'a request failed outside its service', { url: request.url, error: String(error) });
        response.destroy();
      });
    },
    upgrade: (request, socket, head) => {
      if (!rooms.ecs.upgrade(request, socket, head)) {
        socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
      }
    },
  };
};

const route = async (
  request: IncomingMessage,
  response: ServerResponse,
  rooms: Rooms,
  dispatcher: Dispatcher,
): Promise<void> => {
  if (request.url === '/health') {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"ok"}\n');
  } else if (request.url?.startsWith('/oreno/events') === true) {
    await serveEvents(request, response, { authenticate: dispatcher.authenticate, events: rooms.events });
  } else if (request.url?.startsWith('/oreno/machine-groups') === true) {
    const { machineGroups } = rooms.ecs;
    await serveMachineGroups(request, response, { authenticate: dispatcher.authenticate, machineGroups });
  } else if (request.url?.startsWith(upstreamCredentialsPath) === true) {
    const { secrets } = rooms;
    await serveUpstreamCredentials(request, response, { authenticate: dispatcher.authenticate, secrets });
  } else if (request.url?.startsWith('/oreno/registry/') === true) {
    const { collect, verify } = rooms.ecr;
    await serveRegistryUpkeep(request, response, { authenticate: dispatcher.authenticate, collect, verify });
  } else if (request.url?.startsWith('/oreno/instance-credentials') === true) {
    const { issueSession } = rooms.iam;
    await serveInstanceCredentials(request, response, {
      authenticate: dispatcher.authenticate,
      issueSession,
      now: Date.now,
    });
  } else if (!(await rooms.registry(request, response))) {
    await dispatcher.handle(request, response);
  }
};

const stop = async (http: Server, rooms: Rooms): Promise<void> => {
  const closed = new Promise<void>((resolve) => http.close(() => resolve()));
  // Requests under way have two seconds; a push that is cut is resumed or repeated by its client.
  const patience = setTimeout(() => http.closeAllConnections(), 2_000);
  const idle = setInterval(() => http.closeIdleConnections(), 20);
  await rooms.stop();
  await closed;
  clearTimeout(patience);
  clearInterval(idle);
  await rooms.close();
};
