/**
 * What a container instance's agent is still to be told about its tasks. Pure: from a session's view of each
 * task and the time to what is sent now. The store is the truth; a view only adds what this session has sent.
 *
 * Invariants:
 * - a task is due while the status it should have was not acknowledged, and at most once in a resend delay;
 * - what is acknowledged never goes back: STOPPED covers everything before it;
 * - a task that is STOPPED is nobody's business any more, also when its payload was never acknowledged (an agent
 *   that cannot read a payload reports the task STOPPED instead).
 */
import type { Row } from '@oreno/store';
import type { TaskRecord } from '../../records.ts';

export type DesiredStatus = TaskRecord['desiredStatus'];

/** A task as an ACS session sees it. */
export interface TaskView {
  readonly taskId: string;
  readonly version: number;
  readonly desiredStatus: DesiredStatus;
  /** What the agent confirmed that it knows. */
  readonly acknowledged?: DesiredStatus | undefined;
  /** What an earlier process of the agent confirmed; a new one has to do it again. */
  readonly doubted?: DesiredStatus | undefined;
  /** The last payload for this task. */
  readonly sent?: { readonly desired: DesiredStatus; readonly at: number; readonly attempts: number } | undefined;
}

const further = (left: DesiredStatus | undefined, right: DesiredStatus | undefined): DesiredStatus | undefined =>
  left === 'STOPPED' || right === undefined ? left : right;

/** An agent that was restarted may have lost what it acknowledged but had not carried out. */
const isCarriedOut = (task: TaskRecord): boolean => task.desiredStatus === 'RUNNING' && task.lastStatus === 'RUNNING';

/**
 * The view after a row was read; undefined when the task is over.
 * @param newProcess the agent has just started: acknowledgements of what is not carried out yet are doubted
 */
export const viewTask = (
  row: Row<TaskRecord>,
  previous: TaskView | undefined,
  newProcess: boolean,
): TaskView | undefined => {
  const { record, version } = row;
  if (record.lastStatus === 'STOPPED') return undefined;
  if (previous !== undefined && previous.version > version) return previous;
  const doubted =
    previous === undefined && newProcess && !isCarriedOut(record) ? record.acknowledged : previous?.doubted;
  const believed = record.acknowledged === doubted ? undefined : record.acknowledged;
  return {
    taskId: record.taskId,
    version,
    desiredStatus: record.desiredStatus,
    acknowledged: further(previous?.acknowledged, believed),
    doubted,
    sent: previous?.sent,
  };
};

/** What the agent is to be told, or undefined when it knows. */
export const wantedStatus = (view: TaskView): DesiredStatus | undefined =>
  view.acknowledged === 'STOPPED' || view.acknowledged === view.desiredStatus ? undefined : view.desiredStatus;

/** Milliseconds from one attempt to the next: 10 s, doubling to two minutes. */
const resendDelay = (attempts: number): number => Math.min(10_000 * 2 ** (attempts - 1), 120_000);

/** Whether a payload for this task is to be sent now. */
export const isDue = (view: TaskView, now: number): boolean => {
  const wanted = wantedStatus(view);
  if (wanted === undefined) return false;
  return view.sent?.desired !== wanted || now >= view.sent.at + resendDelay(view.sent.attempts);
};

/** The view after a payload with its wanted status went out. */
export const markSent = (view: TaskView, now: number): TaskView => {
  const attempts = view.sent?.desired === view.desiredStatus ? view.sent.attempts + 1 : 1;
  return { ...view, sent: { desired: view.desiredStatus, at: now, attempts } };
};

/** The view after the agent acknowledged a status. */
export const markAcknowledged = (view: TaskView, status: DesiredStatus): TaskView => ({
  ...view,
  acknowledged: further(view.acknowledged, status),
  doubted: undefined,
});

/** The most tasks in one message. */
const groupSize = 10;

/**
 * Which tasks share a message. A payload with one task that the agent cannot read is never acknowledged, for
 * none of its tasks: so only a first attempt is shared, and whatever has to be repeated goes alone.
 */
export const groupDeliveries = (due: readonly TaskView[]): readonly (readonly TaskView[])[] => {
  const repeated = due.filter((view) => (view.sent?.attempts ?? 0) > 0);
  const first = due.filter((view) => (view.sent?.attempts ?? 0) === 0);
  const groups: TaskView[][] = repeated.map((view) => [view]);
  for (let start = 0; start < first.length; start += groupSize) groups.push(first.slice(start, start + groupSize));
  return groups;
};
