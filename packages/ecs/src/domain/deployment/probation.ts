/**
 * While a deployment runs, a new task without health checks proves itself by running for a moment before anything that
 * serves is stopped for it: a program that ends as soon as it starts must not take its predecessor with it. Pure.
 */
import type { ServiceRevisionRecord } from '../../service-records.ts';
import type { ServiceTask } from '../service/service-task.ts';
import { earliest } from './standing.ts';

/** Milliseconds. */
export const probationTime = 2_000;

export interface Probation {
  /** The tasks, marked where they have not proven themselves yet. */
  readonly tasks: readonly ServiceTask[];
  /** When the next of them has, milliseconds since the epoch. */
  readonly provenAt: number | undefined;
}

export const onProbation = (
  tasks: readonly ServiceTask[],
  { revisionId, rolloutState }: ServiceRevisionRecord,
  now: number,
): Probation => {
  if (rolloutState !== 'IN_PROGRESS') return { tasks, provenAt: undefined };
  const endOf = (task: ServiceTask): number | undefined => {
    const isChecked = task.revisionId === revisionId && task.life === 'running' && task.health === 'NONE';
    const end = (task.startedAt ?? 0) + probationTime;
    return isChecked && end > now ? end : undefined;
  };
  const provenAt = earliest(tasks.map(endOf));
  if (provenAt === undefined) return { tasks, provenAt };
  const marked = (task: ServiceTask): ServiceTask =>
    endOf(task) === undefined ? task : { ...task, isOnProbation: true };
  return { tasks: tasks.map(marked), provenAt };
};
