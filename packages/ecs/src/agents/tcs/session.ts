/**
 * One TCS websocket: the telemetry of a container instance. Every message is acknowledged whatever came of it,
 * because agents buffer little and drop the rest; what they publish is observation and never worth a retry.
 */
import type { Log } from '@oreno/reconcile';
import type { Store } from '@oreno/store';
import type { RawData, WebSocket } from 'ws';
import type { ContainerInstanceRecord } from '../../records.ts';
import type { Members } from '../envelope.ts';
import { number, readFrame, writeFrame } from '../envelope.ts';
import { instanceKey } from '../instance-key.ts';
import { readTaskHealth } from './health.ts';
import { writeInstanceHealth, writeTaskHealth } from './health-writes.ts';
import type { UsageSink } from './metrics.ts';
import { readUsage } from './metrics.ts';

export interface TcsServices {
  readonly store: Store;
  readonly now: () => number;
  readonly log: Log;
  readonly usage: UsageSink;
}

/** Milliseconds between heartbeats; agents give up after 60 s of silence at the earliest. */
const heartbeatEvery = 25_000;
/** Milliseconds without a message or a pong until the peer counts as gone. */
const silentFor = 80_000;
const closingTakes = 2_000;
const loggedProblems = 5;

export class TcsSession {
  readonly #socket: WebSocket;
  readonly #services: TcsServices;
  readonly instance: ContainerInstanceRecord;
  #heardAt: number;
  #heartbeatAt = 0;
  #problems = 0;

  constructor(socket: WebSocket, instance: ContainerInstanceRecord, services: TcsServices) {
    this.#socket = socket;
    this.#services = services;
    this.instance = instance;
    this.#heardAt = services.now();
    socket.on('message', (data: RawData, isBinary: boolean) => this.#receive(data, isBinary));
    socket.on('pong', () => {
      this.#heardAt = services.now();
    });
  }

  /** Heartbeats, and giving up on a peer that is gone. An agent without metrics says nothing but answers pings. */
  tick(now: number): void {
    if (now - this.#heardAt > silentFor) {
      this.#socket.terminate();
      return;
    }
    if (now < this.#heartbeatAt || this.#socket.readyState !== this.#socket.OPEN) return;
    this.#heartbeatAt = now + heartbeatEvery;
    this.#socket.send(writeFrame('HeartbeatMessage', { healthy: true }));
    this.#socket.ping();
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
    setTimeout(() => this.#socket.terminate(), closingTakes).unref();
  }

  #receive(data: RawData, isBinary: boolean): void {
    const frame = readFrame(data, isBinary);
    if (frame.kind === 'problem') {
      this.#problem(frame.problem);
      return;
    }
    this.#heardAt = this.#services.now();
    const handler = this.#handlers.get(frame.type);
    if (handler === undefined) {
      this.#problem(`an unknown message ${frame.type.slice(0, 100)}`);
      return;
    }
    handler
      .work(frame.message)
      .catch((error: unknown) => this.#problem(`a ${frame.type} that failed: ${String(error)}`));
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(writeFrame(handler.reply, { message: 'ok' }));
  }

  #problem(problem: string): void {
    this.#problems += 1;
    if (this.#problems > loggedProblems) return;
    const { containerInstanceArn } = this.instance;
    this.#services.log('warn', `container agent's telemetry: ${problem}`, { containerInstanceArn });
  }

  /** What the agent publishes, what is done with it, and how it is acknowledged. */
  readonly #handlers: ReadonlyMap<string, { readonly reply: string; work(message: Members): Promise<void> }> = new Map([
    [
      'PublishMetricsRequest',
      {
        reply: 'AckPublishMetric',
        work: async (message: Members) => {
          const seconds = number(message, 'timestamp');
          const at = seconds === undefined ? this.#services.now() : Math.round(seconds * 1_000);
          this.#services.usage.publish({
            instance: instanceKey(this.instance),
            registeredCpu: this.instance.registered.cpu,
            at,
            tasks: readUsage(message),
          });
        },
      },
    ],
    [
      'PublishHealthRequest',
      {
        reply: 'AckPublishHealth',
        work: (message: Members) => writeTaskHealth(this.#services.store, this.instance, readTaskHealth(message)),
      },
    ],
    [
      'PublishInstanceStatusRequest',
      {
        reply: 'AckPublishInstanceStatus',
        work: (message: Members) => writeInstanceHealth(this.#services.store, this.instance, message),
      },
    ],
  ]);
}
