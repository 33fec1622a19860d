/**
 * The other side of the agent's protocol for tests, over real sockets: it takes registrations and reports, and sends
 * what the test says. It keeps no rules of its own; everything the agent said can be read afterwards.
 */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import type { WebSocket } from 'ws';
import type { AcsTask } from '../../src/protocol/acs-messages.ts';

export interface Submitted {
  readonly task: string;
  readonly status?: string;
  readonly reason?: string;
  readonly executionStoppedAt?: number;
  readonly pullStartedAt?: number;
  readonly containers?: readonly {
    readonly containerName: string;
    readonly status: string;
    readonly exitCode?: number;
    readonly reason?: string;
    readonly runtimeId?: string;
    readonly imageDigest?: string;
    readonly networkBindings?: readonly {
      readonly bindIP: string;
      readonly containerPort?: number;
      readonly hostPort?: number;
      readonly protocol: string;
      readonly containerPortRange?: string;
      readonly hostPortRange?: string;
    }[];
  }[];
  readonly attachments?: readonly { readonly attachmentArn: string; readonly status: string }[];
  readonly at: number;
}

export interface AcsFrame {
  readonly type: string;
  readonly message: Readonly<Record<string, unknown>>;
  readonly at: number;
}

type Answer = (input: Record<string, unknown>) => unknown;

export class ScriptedControlPlane {
  readonly calls: { readonly operation: string; readonly input: Record<string, unknown> }[] = [];
  readonly submitted: Submitted[] = [];
  readonly frames: AcsFrame[] = [];
  readonly handshakes: URL[] = [];
  /** Answers of a test's own; one that throws {code, message} answers an error. */
  readonly answers: Record<string, Answer> = {};
  /** Every container instance that was registered, newest last. */
  readonly instances: string[] = [];
  origin = '';
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  readonly #sockets = new WebSocketServer({ noServer: true });
  readonly #acs = new Set<WebSocket>();
  readonly #watchers = new Set<() => void>();
  #port = 0;

  constructor() {
    this.#server.on('upgrade', (request, socket, head) => {
      const url = new URL(request.url ?? '/', this.origin);
      if (url.pathname === '/acs/ws') this.handshakes.push(url);
      this.#sockets.handleUpgrade(request, socket, head, (ws) => {
        if (url.pathname !== '/acs/ws') return;
        this.#acs.add(ws);
        ws.on('close', () => this.#acs.delete(ws));
        ws.on('message', (data: Buffer) => {
          this.frames.push({ ...(JSON.parse(data.toString()) as Omit<AcsFrame, 'at'>), at: performance.now() });
          this.#changed();
        });
        this.#changed();
      });
    });
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.listen(this.#port, '127.0.0.1', resolve);
    });
    this.#port = (this.#server.address() as AddressInfo).port;
    this.origin = `http://127.0.0.1:${this.#port}`;
  }

  /** Goes away like a killed server; {@link start} brings it back at the same place. */
  async stop(): Promise<void> {
    for (const socket of this.#acs) socket.terminate();
    for (const client of this.#sockets.clients) client.terminate();
    this.#server.closeAllConnections();
    await new Promise((resolve) => {
      this.#server.close(resolve);
    });
  }

  get connected(): boolean {
    return this.#acs.size > 0;
  }

  send(type: string, message: unknown): void {
    for (const socket of this.#acs) socket.send(JSON.stringify({ type, message }));
  }

  /** Sends a payload and resolves with its message id. */
  async payload(...tasks: readonly Partial<AcsTask>[]): Promise<string> {
    await this.until(() => this.connected, 'the agent connects');
    const messageId = randomUUID();
    this.send('PayloadMessage', { messageId, tasks, generatedAt: Date.now() });
    return messageId;
  }

  /** Resolves once `condition` gives something; looks again at each thing that the agent says. */
  until<T>(condition: () => T | undefined | false | null, what: string, timeoutMs = 60_000): Promise<T> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = condition();
        if (found === undefined || found === false || found === null) return;
        clearTimeout(timer);
        clearInterval(poll);
        this.#watchers.delete(look);
        resolve(found);
      };
      const timer = setTimeout(() => {
        clearInterval(poll);
        this.#watchers.delete(look);
        reject(new Error(`it did not happen: ${what}; said: ${JSON.stringify(this.submitted.slice(-6))}`));
      }, timeoutMs);
      const poll = setInterval(look, 50);
      this.#watchers.add(look);
      look();
    });
  }

  /** The first report of a task with this status. */
  reported(task: string, status: string, timeoutMs?: number): Promise<Submitted> {
    const find = () => this.submitted.find((report) => report.task === task && report.status === status);
    return this.until(find, `${task} is ${status}`, timeoutMs);
  }

  /** What all reports together say of a container. */
  container(task: string, name: string): Partial<NonNullable<Submitted['containers']>[number]> {
    const all = this.submitted.filter((report) => report.task === task).flatMap(({ containers = [] }) => containers);
    return Object.assign({}, ...all.filter(({ containerName }) => containerName === name));
  }

  #changed(): void {
    for (const look of this.#watchers) look();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const operation = String(request.headers['x-amz-target']).split('.')[1] ?? '';
    const input = JSON.parse(Buffer.concat(chunks).toString() || '{}') as Record<string, unknown>;
    this.calls.push({ operation, input });
    let status = 200;
    let output: unknown;
    try {
      output = (this.answers[operation] ?? this.#defaults[operation] ?? (() => ({})))(input);
    } catch (error) {
      const { code, message } = error as { code: string; message: string };
      status = code === 'ServerException' ? 500 : 400;
      output = { __type: code, message };
    }
    if (operation === 'SubmitTaskStateChange' && status === 200)
      this.submitted.push({ ...(input as unknown as Submitted), at: performance.now() });
    response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' }).end(JSON.stringify(output));
    this.#changed();
  }

  readonly #defaults: Record<string, Answer> = {
    RegisterContainerInstance: (input) => {
      const known = input['containerInstanceArn'];
      const arn =
        typeof known === 'string' ? known : `arn:aws:ecs:us-east-1:000000000000:container-instance/lab/${randomUUID()}`;
      this.instances.push(arn);
      return { containerInstance: { containerInstanceArn: arn, attributes: input['attributes'] } };
    },
    DiscoverPollEndpoint: () => ({ endpoint: `${this.origin}/acs/`, telemetryEndpoint: `${this.origin}/tcs/` }),
    SubmitTaskStateChange: () => ({ acknowledgment: 'ok' }),
  };
}

/** A task of one cluster with containers of the test image; everything may be overridden. */
export function testTask(image: string, task: Partial<AcsTask> = {}, ...containers: readonly object[]): AcsTask {
  const id = randomUUID().replaceAll('-', '');
  const given = containers.length > 0 ? containers : [{}];
  return {
    arn: `arn:aws:ecs:us-east-1:000000000000:task/lab/${id}`,
    family: 'test',
    version: '1',
    desiredStatus: 'RUNNING',
    networkMode: 'bridge',
    ...task,
    containers: given.map((container, index) => ({
      name: index === 0 ? 'main' : `c${index}`,
      image,
      essential: true,
      command: ['sleep', '300'],
      // Nothing to shut down: a test need not wait for the stop timeout.
      stopTimeout: 1,
      ...container,
    })),
  };
}
