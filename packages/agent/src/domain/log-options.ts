/**
 * The seam between the agent's core and its log spool: what the core asks before it creates a container whose
 * log driver is `awslogs`, and what it tells when the task is over.
 */
import type { ContainerState, TaskState } from './task-state.ts';

export interface LogOptions {
  /**
   * The log options to lay over the payload's (`awslogs-endpoint`, `awslogs-credentials-endpoint`), so that the
   * engine's driver talks to the spool on loopback. Called at each create, with the task's credentials known.
   */
  optionsFor(
    task: TaskState,
    container: ContainerState,
  ): Readonly<Record<string, string>> | Promise<Readonly<Record<string, string>>>;
  /** The task's containers are all gone: credentials made for them may be forgotten. */
  release(taskArn: string): void;
}
