/** The fake server: takes requests, finds who answers, and writes LXD's envelopes around it. */
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { WebSocketServer } from 'ws';
import { FakeEvents } from './events.ts';
import type { FakeExec } from './exec.ts';
import { FakeImages } from './images.ts';
import { FakeInstances } from './instances.ts';
import type { FakeInstance } from './instances/instance.ts';
import { FakeCollections } from './named.ts';
import { FakeOperations } from './operations.ts';
import { FakeFailure, fieldsOf, etagOf, type FakeReply, type FakeRequest, type FakeRoute } from './reply.ts';

export interface FakeLxdOptions {
  /** Runs the commands; without it no instance has any program (127). */
  readonly exec?: FakeExec | undefined;
  /** API extensions; those that the fake carries out when absent. */
  readonly extensions?: readonly string[] | undefined;
  /** Aliases of images that are there from the beginning; `debian` when absent. */
  readonly images?: readonly string[] | undefined;
  readonly version?: string | undefined;
}

/** What goes wrong, once: an error of the server, or a connection that is cut instead of an answer. */
export interface FakeFault {
  readonly method?: string | undefined;
  /** Of the path below `/1.0`. */
  readonly path: RegExp;
  readonly answer: { readonly code: number; readonly text: string } | 'cut';
}

export interface RecordedCall {
  readonly method: string;
  readonly path: string;
  readonly project: string;
}

export interface FakeLxd {
  readonly socket: string;
  /** Every call in its order. */
  readonly calls: readonly RecordedCall[];
  instance(name: string, project?: string): FakeInstance | undefined;
  /** Has the next call that fits go wrong. */
  fail(fault: FakeFault): void;
  /** Cuts event streams off, as a server that restarts does. */
  cutEvents(): void;
  /** Ends it, and everything that is connected. */
  stop(): Promise<void>;
}

const carried = [
  'etag',
  'patch',
  'directory_manipulation',
  'container_exec_recording',
  'container_exec_user_group_cwd',
  'certificate_token',
  'projects',
  'network_forward',
  'network_peer',
  'network_acl',
  'network_dns',
  'network_dns_records',
  'storage_api_volume_snapshots',
  'warnings',
  'instances',
];

const environmentOf = (version: string) => ({
  server: 'lxd',
  server_version: version,
  server_name: 'fake',
  architectures: ['x86_64'],
  addresses: [],
  certificate: '',
  certificate_fingerprint: '',
  driver: 'lxc',
  storage: 'dir',
  kernel_version: '6.0',
  project: 'default',
  server_clustered: false,
});

/** Starts a fake server on a socket in a folder of its own. */
export const startFakeLxd = async ({
  exec = () => 127,
  extensions = carried,
  images: aliases = ['debian'],
  version = '5.0.2',
}: FakeLxdOptions = {}): Promise<FakeLxd> => {
  const folder = await mkdtemp(join(tmpdir(), 'fake-lxd-'));
  const socket = join(folder, 'unix.socket');
  const calls: RecordedCall[] = [];
  const faults: FakeFault[] = [];
  const events = new FakeEvents();
  const operations = new FakeOperations(({ view }) => events.emit('operation', view));
  const images = new FakeImages(operations);
  const collections = new FakeCollections();
  const instances = new FakeInstances({ operations, events, images, collections, exec });
  let config: unknown = {};
  for (const alias of aliases) images.add(Buffer.from(alias), { alias });
  collections.put('/profiles', 'default', { devices: { root: { type: 'disk', path: '/', pool: 'default' } } });
  collections.put('/projects', 'default', {});
  collections.put('/storage-pools', 'default', {});
  collections.put('/networks', 'fakebr0', {});

  const info = () => ({
    api_version: '1.0',
    api_status: 'stable',
    auth: 'trusted',
    public: false,
    auth_methods: ['tls'],
  });
  const serverView = () => ({ ...info(), api_extensions: extensions, config, environment: environmentOf(version) });
  const routes: readonly FakeRoute[] = [
    ['GET', /^$/, () => ({ metadata: serverView(), etag: etagOf(config) })],
    [
      'PUT',
      /^$/,
      (request) => {
        config = fieldsOf(request)['config'] ?? {};
        return { metadata: {} };
      },
    ],
    [
      'POST',
      /^\/certificates$/,
      (request) => {
        const { token, name = '' } = fieldsOf(request);
        if (token !== true) throw new FakeFailure(403, 'not authorized');
        const metadata = { addresses: ['127.0.0.1:8443'], fingerprint: '00', secret: randomUUID(), request: { name } };
        return operations.begin({ description: 'Executing operation', class: 'token', metadata }, () => {});
      },
    ],
    ['GET', /^\/resources$/, () => ({ metadata: { cpu: { total: 1 }, memory: { total: 1, used: 0 } } })],
    ['GET', /^\/metrics$/, () => ({ bytes: '# TYPE lxd_warnings_total counter\nlxd_warnings_total 0\n# EOF\n' })],
    ['GET', /^\/networks\/[^/]+\/leases$/, () => ({ metadata: [] })],
    ['GET', /^\/storage-pools\/[^/]+\/resources$/, () => ({ metadata: { space: { used: 1, total: 2 } } })],
    ...operations.routes,
    ...images.routes,
    ...instances.routes,
    ...collections.routes,
  ];

  const answer = async (request: FakeRequest): Promise<FakeReply> => {
    for (const [method, pattern, handler] of routes) {
      const found = method === request.method ? pattern.exec(request.path) : null;
      if (found !== null) return handler(request, ...found.slice(1).map(decodeURIComponent));
    }
    throw new FakeFailure(404, 'not found');
  };

  const handle = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams: query } = new URL(message.url ?? '', 'http://lxd');
    const path = pathname.replace(/^\/1\.0/, '').replace(/^\/(containers|virtual-machines)/, '/instances');
    const method = message.method ?? 'GET';
    const project = query.get('project') ?? 'default';
    calls.push({ method, path, project });
    const at = faults.findIndex((fault) => (fault.method ?? method) === method && fault.path.test(path));
    const [fault] = at === -1 ? [] : faults.splice(at, 1);
    if (fault?.answer === 'cut') {
      // In the middle of an answer, which is worse than none.
      response.writeHead(200, { 'content-length': 1_000 });
      response.write('{"type":');
      setTimeout(() => message.socket.destroy(), 10);
      return;
    }
    try {
      const body = await buffer(message);
      if (fault !== undefined) throw new FakeFailure(fault.answer.code, fault.answer.text);
      write(response, await answer({ method, path, query, project, headers: message.headers, body }));
    } catch (error) {
      const code = error instanceof FakeFailure ? error.code : 500;
      const text = error instanceof Error ? error.message : String(error);
      response.writeHead(code, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ type: 'error', error: text, error_code: code, metadata: null }));
    }
  };

  const websockets = new WebSocketServer({ noServer: true });
  const upgrade = (message: IncomingMessage, stream: Duplex, head: Buffer): void => {
    const { pathname, searchParams } = new URL(message.url ?? '', 'http://lxd');
    const [, id] = /^\/1\.0\/operations\/([^/]+)\/websocket$/.exec(pathname) ?? [];
    const secret = searchParams.get('secret') ?? '';
    try {
      const connect = id === undefined ? undefined : operations.get(id).sockets.get(secret);
      if (connect === undefined && pathname !== '/1.0/events') throw new FakeFailure(403, 'not authorized');
      websockets.handleUpgrade(message, stream, head, (connection) => {
        if (connect === undefined) events.listen(connection, searchParams.get('type') ?? '');
        else connect(connection);
      });
    } catch {
      stream.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
    }
  };

  const http: Server = createServer((message, response) => void handle(message, response));
  http.on('upgrade', upgrade);
  await new Promise<void>((resolve) => http.listen(socket, resolve));
  return {
    socket,
    calls,
    instance: (name, project) => instances.find(name, project),
    fail: (fault) => void faults.push(fault),
    cutEvents: () => events.cut(),
    stop: async () => {
      operations.cancelAll();
      for (const connection of websockets.clients) connection.terminate();
      const closed = new Promise((resolve) => http.close(resolve));
      http.closeAllConnections();
      await closed;
      await rm(folder, { recursive: true, force: true });
    },
  };
};

const write = (response: ServerResponse, reply: FakeReply): void => {
  if ('bytes' in reply) {
    response.writeHead(200, { 'content-type': 'application/octet-stream', ...reply.headers });
    response.end(reply.bytes);
    return;
  }
  const isAsync = 'operation' in reply;
  const operation = isAsync ? `/1.0/operations/${reply.operation.id}` : '';
  const location = isAsync ? operation : reply.location;
  const [code, status] = isAsync ? [100, 'Operation created'] : [200, 'Success'];
  response.writeHead(isAsync ? 202 : location === undefined ? 200 : 201, {
    'content-type': 'application/json',
    ...(location !== undefined && { location }),
    ...(!isAsync && reply.etag !== undefined && { etag: reply.etag }),
  });
  const metadata = isAsync ? reply.operation.view : reply.metadata;
  const envelope = { type: isAsync ? 'async' : 'sync', status, status_code: code, operation, error: '', error_code: 0 };
  response.end(JSON.stringify({ ...envelope, metadata }));
};
