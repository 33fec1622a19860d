/**
 * One ACS websocket: what a container instance's agent is told, and what it answers. The session keeps only what
 * it has sent; everything else is in the store, so that a session which ends at any instant loses nothing and the
 * next one, here or on another server, goes on from the records.
 *
 * Invariants:
 * - a task's row, not an event, makes a payload go out, and only an acknowledgement by message id ends it;
 * - work that waits for the store is done in order, one after the other;
 * - nothing that an agent sends can do more than be logged.
 */
import type { Row } from '@oreno/store';
import type { RawData, WebSocket } from 'ws';
import { liveTasksOn } from '../../queries/container-instances.ts';
import { tasks } from '../../records.ts';
import type { ContainerInstanceRecord, TaskRecord } from '../../records.ts';
import type { Members } from '../envelope.ts';
import { readFrame, text } from '../envelope.ts';
import type { TaskView } from './delivery.ts';
import { groupDeliveries, wantedStatus } from './delivery.ts';
import { KnownTasks } from './known-tasks.ts';
import { makePayload } from './make-payload.ts';
import { orphanPayload, shouldRun, stopCandidates, stopsThroughManifest } from './manifest.ts';
import type { PayloadTask } from './messages.ts';
import { Outbox } from './outbox.ts';
import type { AcsServices } from './services.ts';
import { writeAcknowledged } from './task-writes.ts';

/** How the agent introduced itself. */
export interface AgentIntroduction {
  readonly agentVersion: string | undefined;
  /** The agent's process is new: it has no credentials yet. */
  readonly sendCredentials: boolean;
}

/** Milliseconds between heartbeats; agents give up after 60 s of silence at the earliest. */
const heartbeatEvery = 25_000;
/** Milliseconds of silence (three heartbeats unanswered) until the agent counts as gone. */
const silentFor = 80_000;
/** Milliseconds between looks at the age of credentials. */
const credentialsEvery = 30_000;
/** Milliseconds that a peer has to answer a closing frame. */
const closingTakes = 2_000;
/** Problems of one session that are logged. */
const loggedProblems = 5;

/** Close codes: after the first two agents come back at once, after the last one with a pause. */
export const closeCodes = { normal: 1000, goingAway: 1001, superseded: 4000 } as const;

/** Why a session is closed whose instance has a newer one, on this server or another. */
export const superseded = 'A newer session of this container instance was opened.';

export class AcsSession {
  readonly id: string;
  readonly #socket: WebSocket;
  readonly #services: AcsServices;
  readonly #agent: AgentIntroduction;
  readonly #known: KnownTasks;
  readonly #outbox: Outbox;
  #instance: ContainerInstanceRecord;
  #work: Promise<void> = Promise.resolve();
  /** Rows that came before the tasks were read for the first time. */
  #early: Row<TaskRecord>[] | undefined = [];
  #heardAt: number;
  #heartbeatAt = 0;
  #credentialsAt: number;
  #problems = 0;
  #isNamed = false;

  constructor(socket: WebSocket, instance: ContainerInstanceRecord, agent: AgentIntroduction, services: AcsServices) {
    this.id = services.newId();
    this.#socket = socket;
    this.#instance = instance;
    this.#agent = agent;
    this.#services = services;
    this.#outbox = new Outbox(socket, instance, services.newId, services.now);
    this.#known = new KnownTasks(services.definitions, services.credentials);
    this.#heardAt = services.now();
    this.#credentialsAt = services.now() + credentialsEvery;
    socket.on('message', (data: RawData, isBinary: boolean) => this.#receive(data, isBinary));
  }

  get instance(): ContainerInstanceRecord {
    return this.#instance;
  }

  /** Reads the instance's tasks and sends what is open: deliveries, credentials, then the manifest. */
  open(): void {
    this.tick(this.#services.now());
    this.#enqueue('reading the tasks', () => this.#synchronize());
  }

  /** Reads everything again: the change log has lost entries. */
  resynchronize(): void {
    this.#enqueue('reading the tasks again', async () => {
      const rows = await this.#readTasks();
      this.#known.retain(new Set(rows.map(({ record }) => record.taskId)));
      await this.#take(rows);
    });
  }

  /** Rows of this instance's tasks were written. */
  tasksChanged(rows: readonly Row<TaskRecord>[]): void {
    if (this.#early !== undefined) this.#early.push(...rows);
    else this.#enqueue('delivering tasks', () => this.#take(rows));
  }

  /** The instance's record was written. Once it names this session, another one's name in it is a newer session. */
  instanceChanged(record: ContainerInstanceRecord): void {
    this.#instance = record;
    const isNamed = record.agentSessionId === this.id;
    if (record.status === 'INACTIVE') this.close(closeCodes.normal, 'Container instance is deregistered.');
    else if (this.#isNamed && !isNamed) this.close(closeCodes.superseded, superseded);
    this.#isNamed = isNamed;
  }

  /** Does what time asks for: heartbeats, repetitions, fresh credentials, giving up on a silent agent. */
  tick(now: number): void {
    if (now - this.#heardAt > silentFor) {
      this.#log('warn', 'container agent is silent');
      this.#socket.terminate();
      return;
    }
    if (now >= this.#heartbeatAt) {
      this.#heartbeatAt = now + heartbeatEvery;
      this.#outbox.heartbeat();
    }
    if (this.#early !== undefined) return;
    if (this.#known.due(now).length > 0) this.#enqueue('repeating deliveries', () => this.#deliver(new Map()));
    if (now >= this.#credentialsAt) {
      this.#credentialsAt = now + credentialsEvery;
      this.#enqueue('renewing credentials', () => this.#sendCredentials());
    }
  }

  /** Ends the session; a peer that does not answer the closing frame is cut off. */
  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
    setTimeout(() => this.#socket.terminate(), closingTakes).unref();
  }

  /** Resolves when the work queued so far is done. */
  idle(): Promise<void> {
    return this.#work;
  }

  #enqueue(what: string, work: () => Promise<void>): void {
    this.#work = this.#work.then(work).catch((error: unknown) => {
      this.#log('error', `${what} failed`, { error: error instanceof Error ? error.stack : String(error) });
    });
  }

  #log(level: 'warn' | 'error', message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    this.#services.log(level, message, { ...fields, containerInstanceArn: this.#instance.containerInstanceArn });
  }

  #readTasks(): Promise<readonly Row<TaskRecord>[]> {
    return this.#services.store.read((transaction) => liveTasksOn(transaction, this.#instance));
  }

  async #synchronize(): Promise<void> {
    const rows = await this.#readTasks();
    for (const { record } of this.#agent.sendCredentials ? rows : []) {
      this.#services.credentials.forget(record.credentialsId);
      this.#services.credentials.forget(record.executionCredentialsId);
    }
    for (const row of rows) await this.#known.take(row, this.#agent.sendCredentials);
    const early = this.#early ?? [];
    this.#early = undefined;
    await this.#take([...rows, ...early]);
    await this.#sendCredentials();
    this.#outbox.manifest((await this.#readTasks()).map(({ record }) => record));
  }

  async #take(rows: readonly Row<TaskRecord>[]): Promise<void> {
    for (const row of rows) await this.#known.take(row, false);
    await this.#deliver(new Map(rows.map((row) => [row.record.taskId, row])));
  }

  /** Sends every task that is due; `rows` are those read already. */
  async #deliver(rows: ReadonlyMap<string, Row<TaskRecord>>): Promise<void> {
    const now = this.#services.now();
    for (const group of groupDeliveries(this.#known.due(now))) await this.#deliverGroup(group, rows, now);
  }

  async #deliverGroup(group: readonly TaskView[], rows: ReadonlyMap<string, Row<TaskRecord>>, now: number) {
    const payloads: PayloadTask[] = [];
    for (const { taskId, version } of group) {
      const row = rows.get(taskId);
      const record = row !== undefined && row.version >= version ? row.record : await this.#readTask(taskId);
      const payload = record && (await this.#makePayload(record));
      this.#known.sent(taskId, now);
      if (payload !== undefined) payloads.push(payload);
    }
    if (payloads.length > 0) this.#outbox.payload(payloads);
  }

  /** One task that fails must not keep the others waiting: it is tried again with the next repetition. */
  async #makePayload(record: TaskRecord): Promise<PayloadTask | undefined> {
    try {
      return await makePayload(record, this.#instance, this.#services);
    } catch (error) {
      this.#log('error', 'making a payload failed', { taskArn: record.taskArn, error: String(error) });
      return undefined;
    }
  }

  async #readTask(taskId: string): Promise<TaskRecord | undefined> {
    const { account, region, clusterName } = this.#instance;
    const row = await this.#services.store.read((transaction) =>
      transaction.get(tasks, { account, region, clusterName, taskId }),
    );
    return row?.record;
  }

  /** Sends the credentials that the agent lacks; those of tasks to be started travel with their payload. */
  async #sendCredentials(): Promise<void> {
    const { credentials } = this.#services;
    for (const { view, taskArn, roles } of this.#known.all()) {
      if (wantedStatus(view) === 'RUNNING') continue;
      for (const need of roles.filter(({ credentialsId }) => credentials.isDue(credentialsId))) {
        this.#outbox.credentials(taskArn, need.roleType, await credentials.issue(need, view.taskId));
      }
    }
  }

  #receive(data: RawData, isBinary: boolean): void {
    const frame = readFrame(data, isBinary);
    if (frame.kind === 'problem') {
      this.#problem(frame.problem);
      return;
    }
    this.#heardAt = this.#services.now();
    const handler = this.#handlers.get(frame.type);
    if (handler === undefined) this.#problem(`an unknown message ${frame.type.slice(0, 100)}`);
    else handler(frame.message);
  }

  #problem(problem: string): void {
    this.#problems += 1;
    if (this.#problems <= loggedProblems) this.#log('warn', `container agent sent ${problem}`);
  }

  /** What the agent may say, and what is done about it. */
  readonly #handlers: ReadonlyMap<string, (message: Members) => void> = new Map([
    ['HeartbeatAckRequest', () => undefined],
    ['AckRequest', (message) => this.#acknowledge(text(message, 'messageId') ?? '')],
    ['NackRequest', (message) => this.#problem(`a refusal: ${text(message, 'reason') ?? ''}`)],
    [
      'IAMRoleCredentialsAckRequest',
      (message) =>
        this.#services.credentials.acknowledged(
          text(message, 'credentialsId') ?? '',
          text(message, 'expiration') ?? '',
        ),
    ],
    [
      'TaskStopVerificationMessage',
      (message) => this.#enqueue('answering what is to stop', () => this.#verifyStops(message)),
    ],
  ] satisfies [string, (message: Members) => void][]);

  #acknowledge(messageId: string): void {
    const told = this.#outbox.acknowledged(messageId);
    if (told.length === 0) return;
    for (const each of told) this.#known.acknowledged(each);
    writeAcknowledged(this.#services.store, this.#instance, told).catch((error: unknown) =>
      this.#log('error', 'writing an acknowledgement failed', { error: String(error) }),
    );
  }

  async #verifyStops(message: Members): Promise<void> {
    const records = new Map((await this.#readTasks()).map(({ record }) => [record.taskArn, record]));
    const orphans = stopCandidates(message).filter((candidate) => !shouldRun(records.get(candidate.taskArn)));
    for (const { taskArn } of orphans) this.#log('warn', 'container agent runs a task that is not wanted', { taskArn });
    if (stopsThroughManifest(this.#agent.agentVersion)) this.#outbox.stops(text(message, 'messageId') ?? '', orphans);
    else for (const orphan of orphans) this.#outbox.payload([orphanPayload(orphan)]);
  }
}
