/**
 * The tasks of one container instance as its session sees them, and the credentials each works with. It holds
 * little of each (thousands of sessions live in one server) and reads the record again when a payload is made.
 */
import type { Row } from '@oreno/store';
import type { TaskRecord } from '../../records.ts';
import type { CredentialDesk } from '../credential-desk.ts';
import type { DefinitionReader } from '../definitions.ts';
import type { RoleNeed } from '../payload/role-needs.ts';
import { roleNeeds } from '../payload/role-needs.ts';
import type { DesiredStatus, TaskView } from './delivery.ts';
import { isDue, markAcknowledged, markSent, viewTask, wantedStatus } from './delivery.ts';

export interface KnownTask {
  readonly view: TaskView;
  readonly taskArn: string;
  readonly roles: readonly RoleNeed[];
}

/** A status that a payload told of a task. */
export interface Told {
  readonly taskId: string;
  readonly desired: DesiredStatus;
}

export class KnownTasks {
  readonly #definitions: DefinitionReader;
  readonly #credentials: CredentialDesk;
  readonly #known = new Map<string, KnownTask>();
  /** Tasks whose agent is still to be told something: all that a tick has to look at. */
  readonly #undelivered = new Set<string>();

  constructor(definitions: DefinitionReader, credentials: CredentialDesk) {
    this.#definitions = definitions;
    this.#credentials = credentials;
  }

  /** Takes a row in; a task that is over is forgotten. */
  async take(row: Row<TaskRecord>, newProcess: boolean): Promise<void> {
    const { taskId, taskArn } = row.record;
    const previous = this.#known.get(taskId);
    const view = viewTask(row, previous?.view, newProcess);
    if (view === undefined) this.#forget(taskId);
    else this.#remember({ view, taskArn, roles: previous?.roles ?? (await this.#rolesOf(row.record)) });
  }

  /** Forgets every task that is not among these. */
  retain(taskIds: ReadonlySet<string>): void {
    for (const taskId of this.#known.keys()) if (!taskIds.has(taskId)) this.#forget(taskId);
  }

  get(taskId: string): KnownTask | undefined {
    return this.#known.get(taskId);
  }

  all(): IterableIterator<KnownTask> {
    return this.#known.values();
  }

  /** The tasks that a payload is to be sent for now. */
  due(now: number): readonly TaskView[] {
    return [...this.#undelivered].flatMap((taskId) => {
      const known = this.#known.get(taskId);
      return known !== undefined && isDue(known.view, now) ? [known.view] : [];
    });
  }

  sent(taskId: string, now: number): void {
    const known = this.#known.get(taskId);
    if (known !== undefined) this.#remember({ ...known, view: markSent(known.view, now) });
  }

  acknowledged({ taskId, desired }: Told): void {
    const known = this.#known.get(taskId);
    if (known !== undefined) this.#remember({ ...known, view: markAcknowledged(known.view, desired) });
  }

  async #rolesOf(task: TaskRecord): Promise<readonly RoleNeed[]> {
    const definition = await this.#definitions.read(task);
    return definition === undefined ? [] : roleNeeds(task, definition);
  }

  #remember(known: KnownTask): void {
    this.#known.set(known.view.taskId, known);
    if (wantedStatus(known.view) === undefined) this.#undelivered.delete(known.view.taskId);
    else this.#undelivered.add(known.view.taskId);
  }

  #forget(taskId: string): void {
    for (const need of this.#known.get(taskId)?.roles ?? []) this.#credentials.forget(need.credentialsId);
    this.#known.delete(taskId);
    this.#undelivered.delete(taskId);
  }
}
