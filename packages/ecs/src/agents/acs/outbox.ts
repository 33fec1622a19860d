/**
 * The sending side of an ACS session: puts messages together, addresses them to the container instance and
 * remembers which payloads wait for their acknowledgement.
 */
import type { WebSocket } from 'ws';
import { clusterArn } from '../../domain/ecs-arn.ts';
import type { ContainerInstanceRecord, TaskRecord } from '../../records.ts';
import { writeFrame } from '../envelope.ts';
import { manifestTasks } from './manifest.ts';
import type { PayloadTask, RoleCredentials, RoleType, ServerMessages, TaskIdentifier } from './messages.ts';
import { SentPayloads } from './sent-payloads.ts';
import type { Told } from './known-tasks.ts';

export class Outbox {
  readonly #socket: WebSocket;
  readonly #newId: () => string;
  readonly #now: () => number;
  readonly #payloads = new SentPayloads();
  readonly #address: { readonly clusterArn: string; readonly containerInstanceArn: string };

  constructor(socket: WebSocket, instance: ContainerInstanceRecord, newId: () => string, now: () => number) {
    this.#socket = socket;
    this.#newId = newId;
    this.#now = now;
    const { clusterName, containerInstanceArn } = instance;
    this.#address = { clusterArn: clusterArn(instance, clusterName), containerInstanceArn };
  }

  heartbeat(): void {
    this.#send('HeartbeatMessage', { healthy: true, messageId: this.#newId() });
  }

  payload(tasks: readonly PayloadTask[]): void {
    const messageId = this.#newId();
    this.#payloads.add(messageId, tasks);
    this.#send('PayloadMessage', { messageId, ...this.#address, generatedAt: this.#now(), tasks });
  }

  /** What the acknowledged payload told the agent; nothing when no such payload is waited for. */
  acknowledged(messageId: string): readonly Told[] {
    return this.#payloads.take(messageId);
  }

  credentials(taskArn: string, roleType: RoleType, roleCredentials: RoleCredentials): void {
    this.#send('IAMRoleCredentialsMessage', {
      messageId: this.#newId(),
      taskArn,
      taskClusterArn: this.#address.clusterArn,
      roleType,
      roleCredentials,
    });
  }

  manifest(records: readonly TaskRecord[]): void {
    const now = this.#now();
    this.#send('TaskManifestMessage', {
      messageId: this.#newId(),
      ...this.#address,
      generatedAt: now,
      // It must grow from one manifest to the next, over restarts of the server too: the clock does.
      timeline: now,
      tasks: manifestTasks(records),
    });
  }

  /** Confirms which of the tasks that the agent asked about are to stop; the id is that of its question. */
  stops(messageId: string, stopTasks: readonly TaskIdentifier[]): void {
    this.#send('TaskStopVerificationAck', { messageId, generatedAt: this.#now(), stopTasks });
  }

  #send<Type extends keyof ServerMessages>(type: Type, message: ServerMessages[Type]): void {
    if (this.#socket.readyState === this.#socket.OPEN) this.#socket.send(writeFrame(type, message));
  }
}
