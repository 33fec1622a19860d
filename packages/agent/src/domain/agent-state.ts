/**
 * The agent's one in-memory model: who this instance is, its tasks, the credentials issued to them. The core
 * writes it; the endpoints, the log spool and the telemetry only read it and listen. Records inside are replaced,
 * never changed. Listeners run synchronously, in the order they came, and must not throw.
 */
import type { ContainerState, TaskCredentials, TaskState } from './task-state.ts';

export interface InstanceIdentity {
  /** As configured: a name or an ARN; goes into every call and label as it is. */
  readonly cluster: string;
  readonly containerInstanceArn: string;
  readonly availabilityZone?: string | undefined;
  /** `x.y.z` */
  readonly version: string;
  /** Short commit hash or similar, for `agentHash`. */
  readonly hash: string;
  /** The engine's, `20.10.24`. */
  readonly dockerVersion: string;
}

export type StateChange =
  | { readonly kind: 'task'; readonly task: TaskState; readonly previous: TaskState | undefined }
  | { readonly kind: 'task-removed'; readonly task: TaskState }
  | { readonly kind: 'credentials'; readonly credentials: TaskCredentials }
  | { readonly kind: 'credentials-removed'; readonly credentials: TaskCredentials };

export type StateListener = (change: StateChange) => void;

export interface AgentState {
  readonly identity: InstanceIdentity;
  /** By task ARN. */
  readonly tasks: ReadonlyMap<string, TaskState>;
  /** By credentials id. */
  readonly credentials: ReadonlyMap<string, TaskCredentials>;
  putTask(task: TaskState): void;
  removeTask(arn: string): void;
  putCredentials(credentials: TaskCredentials): void;
  removeCredentials(credentialsId: string): void;
  /** The task and container whose metadata URI carries this id. */
  findByMetadataId(metadataId: string): { readonly task: TaskState; readonly container: ContainerState } | undefined;
  /** The task and container with this docker id (whole). */
  findByDockerId(dockerId: string): { readonly task: TaskState; readonly container: ContainerState } | undefined;
  /** Calls back on every change until the returned function is called. */
  onChange(listener: StateListener): () => void;
}

/** An empty model for this instance. */
export function createAgentState(identity: InstanceIdentity): AgentState {
  const tasks = new Map<string, TaskState>();
  const credentials = new Map<string, TaskCredentials>();
  const listeners = new Set<StateListener>();
  const byMetadataId = new Map<string, string>();
  const byDockerId = new Map<string, string>();

  const announce = (change: StateChange) => {
    for (const listener of listeners) listener(change);
  };
  const find = (arn: string | undefined, matches: (container: ContainerState) => boolean) => {
    const task = arn === undefined ? undefined : tasks.get(arn);
    const container = task?.containers.find(matches);
    return task && container ? { task, container } : undefined;
  };
  const index = (task: TaskState) => {
    for (const container of task.containers) {
      byMetadataId.set(container.metadataId, task.arn);
      if (container.dockerId !== undefined) byDockerId.set(container.dockerId, task.arn);
    }
  };
  const unindex = (task: TaskState) => {
    for (const container of task.containers) {
      byMetadataId.delete(container.metadataId);
      if (container.dockerId !== undefined) byDockerId.delete(container.dockerId);
    }
  };

  return {
    identity,
    tasks,
    credentials,
    putTask(task) {
      const previous = tasks.get(task.arn);
      if (previous) unindex(previous);
      tasks.set(task.arn, task);
      index(task);
      announce({ kind: 'task', task, previous });
    },
    removeTask(arn) {
      const task = tasks.get(arn);
      if (!task) return;
      tasks.delete(arn);
      unindex(task);
      announce({ kind: 'task-removed', task });
    },
    putCredentials(issued) {
      credentials.set(issued.credentialsId, issued);
      announce({ kind: 'credentials', credentials: issued });
    },
    removeCredentials(credentialsId) {
      const gone = credentials.get(credentialsId);
      if (!gone) return;
      credentials.delete(credentialsId);
      announce({ kind: 'credentials-removed', credentials: gone });
    },
    findByMetadataId: (id) => find(byMetadataId.get(id), (container) => container.metadataId === id),
    findByDockerId: (id) => find(byDockerId.get(id), (container) => container.dockerId === id),
    onChange(listener) {
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
      };
    },
  };
}

/**
 * Forgets the task role's credentials when a task has stopped; those of the execution role stay until its clean-up,
 * because the engine may still send logs with them. Returns the function that ends it.
 */
export function dropTaskCredentials(state: AgentState): () => void {
  return state.onChange((change) => {
    if (change.kind !== 'task' || change.task.knownStatus !== 'STOPPED') return;
    const id = change.task.taskCredentialsId;
    if (id !== undefined) state.removeCredentials(id);
  });
}
