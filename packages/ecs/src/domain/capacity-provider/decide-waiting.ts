/**
 * What becomes of the tasks that wait for an instance of their capacity provider: they are tried together with
 * their like, and given up after their time. Pure.
 * AWS documentation: "Amazon ECS cluster auto scaling", `PROVISIONING` in "Amazon ECS task lifecycle".
 */
import { isDeepStrictEqual } from 'node:util';
import type { WaitingTaskRecord } from '../../capacity-records.ts';
import type { TaskRecord } from '../../records.ts';

/** ECS gives a task up between 10 and 30 minutes after it began to wait. Milliseconds. */
export const waitsAtMost = 30 * 60_000;
/** Every change in the cluster may have made room; looking more often than this would be all that is done. */
export const triesEvery = 500;

export interface WaitingSnapshot {
  /** Longest waiting first; `task` is absent where it is no longer recorded. */
  readonly waiting: readonly { readonly row: WaitingTaskRecord; readonly task?: TaskRecord | undefined }[];
  /** When places were last looked for; 0 where they were not. */
  readonly triedAt: number;
}

/** Tasks that are placed by the same rules. */
export interface PlaceWaiting {
  readonly kind: 'placeWaiting';
  readonly rows: readonly WaitingTaskRecord[];
  /** Any of them. */
  readonly task: TaskRecord;
}

export interface GiveUp {
  readonly kind: 'giveUp';
  readonly rows: readonly WaitingTaskRecord[];
}

/** The tasks have been stopped, or are gone. */
export interface ForgetWaiting {
  readonly kind: 'forgetWaiting';
  readonly rows: readonly WaitingTaskRecord[];
}

export type WaitingStep = PlaceWaiting | GiveUp | ForgetWaiting;

export interface WaitingDecision {
  readonly steps: readonly WaitingStep[];
  readonly waitingOn: readonly string[];
  readonly wakeAt?: number | undefined;
}

/** Decides for a cluster. `now` is in milliseconds since the epoch. */
export const decideWaiting = ({ waiting, triedAt }: WaitingSnapshot, now: number): WaitingDecision => {
  if (waiting.length === 0) return { steps: [], waitingOn: [] };
  const over = waiting.filter(({ task }) => task === undefined || !isWaiting(task)).map(({ row }) => row);
  const live = waiting.flatMap(({ row, task }) => (task !== undefined && isWaiting(task) ? [{ row, task }] : []));
  const late = live.filter(({ row }) => now >= row.since + waitsAtMost).map(({ row }) => row);
  const rest = live.filter(({ row }) => now < row.since + waitsAtMost);
  const isDue = now >= triedAt + triesEvery;
  const [oldest] = rest;
  return {
    steps: [
      ...(over.length > 0 ? [{ kind: 'forgetWaiting' as const, rows: over }] : []),
      ...(late.length > 0 ? [{ kind: 'giveUp' as const, rows: late }] : []),
      ...(isDue ? batches(rest) : []),
    ],
    waitingOn: oldest === undefined ? [] : [`${rest.length} tasks wait for room on their capacity providers`],
    ...(oldest === undefined ? {} : { wakeAt: isDue ? oldest.row.since + waitsAtMost : triedAt + triesEvery }),
  };
};

const isWaiting = ({ desiredStatus, lastStatus, containerInstanceId }: TaskRecord): boolean =>
  desiredStatus === 'RUNNING' && lastStatus !== 'STOPPED' && containerInstanceId === undefined;

interface Waiting {
  readonly row: WaitingTaskRecord;
  readonly task: TaskRecord;
}

const isAlike = (left: Waiting, right: Waiting): boolean =>
  left.task.group === right.task.group &&
  left.task.taskDefinitionArn === right.task.taskDefinitionArn &&
  left.row.capacityProviderName === right.row.capacityProviderName &&
  isDeepStrictEqual(left.task.overrides, right.task.overrides) &&
  isDeepStrictEqual(left.row.constraints, right.row.constraints) &&
  isDeepStrictEqual(left.row.strategy, right.row.strategy);

const batches = (waiting: readonly Waiting[]): readonly PlaceWaiting[] => {
  const groups: Waiting[][] = [];
  for (const each of waiting) {
    const group = groups.find(([first]) => first !== undefined && isAlike(first, each));
    if (group === undefined) groups.push([each]);
    else group.push(each);
  }
  return groups.flatMap((group) => {
    const [first] = group;
    return first === undefined
      ? []
      : [{ kind: 'placeWaiting', rows: group.map(({ row }) => row), task: first.task } as const];
  });
};
