/**
 * Managed scaling's decision: from a capacity provider's instances and the tasks that wait for more of them to
 * the number of machines that there shall be, and those that may go. Pure.
 *
 * Invariants:
 * - a step out adds at most the maximum step, and no other one begins before its machines are there or their
 *   warm-up time is over;
 * - only instances without tasks of their own (daemons' do not count) are taken away; where the group shrinks
 *   below what its tasks need, others only without managed termination protection;
 * - nothing is taken away while tasks wait, before the reservation was too low for the warm-up time, or from a
 *   group that nobody makes machines for;
 * - with managed draining a machine ends when the last task has left it.
 *
 * AWS documentation: "Amazon ECS cluster auto scaling", "Control the instances Amazon ECS terminates", "Managed
 * instance draining", ManagedScaling in the API reference.
 */
import type { AutoScalingGroup, LeavingInstance, MachineGroupRecord, ScalingRecord } from '../../capacity-records.ts';
import type { CapacityInstance } from './capacity-instance.ts';
import { candidatesOf, mostCrowdedFirst } from './leaving-order.ts';
import { machinesFor, reservationOf, type MachineSize, type TaskNeeds } from './reservation.ts';

export interface CapacitySnapshot {
  readonly settings: AutoScalingGroup;
  readonly instances: readonly CapacityInstance[];
  /** What the tasks need that wait in PROVISIONING. */
  readonly waiting: readonly TaskNeeds[];
  /** Absent where nobody ever made machines for the group, and as good as absent once its time is over. */
  readonly group?: Pick<MachineGroupRecord, 'machine' | 'maximumSize' | 'minimumSize' | 'servedUntil'> | undefined;
  /** What was decided before; absent the first time. */
  readonly scaling?: Pick<ScalingRecord, 'desiredCapacity' | 'leaving' | 'lowSince' | 'scaledOut'> | undefined;
}

export interface CapacityDecision extends Pick<
  ScalingRecord,
  'desiredCapacity' | 'leaving' | 'lowSince' | 'scaledOut'
> {
  /** CapacityProviderReservation, percent. */
  readonly reservation: number;
  /** Instances to be set to DRAINING now. */
  readonly drain: readonly string[];
  readonly wakeAt?: number | undefined;
}

/** Scaling out from nothing starts with two machines. */
const firstMachines = 2;

/** Decides for a capacity provider. `now` is in milliseconds since the epoch. */
export const decideCapacity = (asked: CapacitySnapshot, now: number): CapacityDecision => {
  const isServed = asked.group !== undefined && asked.group.servedUntil > now;
  const snapshot = isServed ? asked : { ...asked, group: undefined };
  const { settings, instances, waiting, scaling } = snapshot;
  const { targetCapacity, instanceWarmupPeriod } = settings.managedScaling;
  const warmUp = instanceWarmupPeriod * 1000;
  const left = stillLeaving(snapshot);
  const present = instances.filter(({ status }) => status === 'ACTIVE');
  const additional = additionalMachines(snapshot, present, now);
  const needed = waiting.length > 0 ? present.length + additional : present.filter(({ isBusy }) => isBusy).length;
  const reservation = reservationOf(needed, present.length);
  const before = scaling?.desiredCapacity ?? present.length;
  const wanted = withinGroup(
    snapshot,
    Math.max(Math.ceil((needed * 100) / targetCapacity), fromNothing(snapshot, needed, present.length)),
  );
  const base = { reservation, leaving: left, drain: [] };

  if (wanted > before) {
    const step = stepOut(snapshot, before, wanted, present.length, now);
    return { ...base, ...step, ...wake(step.scaledOut, warmUp, now) };
  }
  // Machines that somebody added by hand are too much as well, where there is someone to take them away.
  const most = snapshot.group === undefined ? before : Math.max(before, present.length);
  const isOver = wanted < most && waiting.length === 0;
  if (!isOver) return { ...base, desiredCapacity: before, scaledOut: scaling?.scaledOut };
  const lowSince = scaling?.lowSince ?? now;
  if (now < lowSince + warmUp) {
    return { ...base, desiredCapacity: before, scaledOut: scaling?.scaledOut, lowSince, wakeAt: lowSince + warmUp };
  }
  return { ...base, ...stepIn(snapshot, present, left, wanted, now) };
};

const fromNothing = ({ scaling }: CapacitySnapshot, needed: number, present: number): number =>
  needed > 0 && present === 0 && (scaling?.desiredCapacity ?? 0) === 0 ? firstMachines : 0;

const withinGroup = ({ group }: CapacitySnapshot, count: number): number =>
  group === undefined ? count : Math.min(Math.max(count, group.minimumSize), group.maximumSize);

/** From its registration to the first tasks on an instance: its agent connects, and waiting tasks are tried again. */
const settlesIn = 10_000;

/**
 * Machines that the waiting tasks need beside those that are there; where their size is not known, at least one. An
 * instance that has just come up has room for some of them: they wait for nothing but their next try.
 */
const additionalMachines = (
  { waiting, group, settings }: CapacitySnapshot,
  present: readonly CapacityInstance[],
  now: number,
): number => {
  if (waiting.length === 0) return 0;
  const size = group?.machine ?? largest(present);
  if (size === undefined) return 1;
  const newSince = now - Math.max(settings.managedScaling.instanceWarmupPeriod * 1000, settlesIn);
  const fresh = present.filter(({ registeredAt, tasks }) => tasks === 0 && registeredAt > newSince);
  return machinesFor(waiting, size, fresh);
};

const largest = (instances: readonly CapacityInstance[]): MachineSize | undefined =>
  instances.toSorted((left, right) => right.memory - left.memory || right.cpu - left.cpu)[0];

/** Those of the leaving instances that nobody set ACTIVE again, and whether their machines may end by now. */
const stillLeaving = ({ instances, scaling, settings }: CapacitySnapshot): readonly LeavingInstance[] =>
  (scaling?.leaving ?? []).flatMap(({ containerInstanceId }) => {
    const instance = instances.find((each) => each.containerInstanceId === containerInstanceId);
    return instance?.status === 'DRAINING' ? [leavingOf(instance, settings)] : [];
  });

const leavingOf = (
  { containerInstanceId, tasks }: CapacityInstance,
  { managedDraining }: AutoScalingGroup,
): LeavingInstance => ({ containerInstanceId, mayEnd: tasks === 0 || managedDraining === 'DISABLED' });

type Step = Pick<CapacityDecision, 'desiredCapacity' | 'scaledOut'>;

/** A further step, or more of the one that is under way. */
const stepOut = (
  { settings, group, scaling }: CapacitySnapshot,
  before: number,
  wanted: number,
  present: number,
  now: number,
): Step => {
  const { minimumScalingStepSize, maximumScalingStepSize, instanceWarmupPeriod } = settings.managedScaling;
  const last = scaling?.scaledOut;
  const isUnderWay = last !== undefined && present < before && now < last.at + instanceWarmupPeriod * 1000;
  const from = isUnderWay ? last.from : before;
  const least = isUnderWay ? wanted : Math.max(wanted, from + minimumScalingStepSize);
  const desired = Math.min(least, from + maximumScalingStepSize, group?.maximumSize ?? Infinity);
  if (desired <= before) return { desiredCapacity: before, scaledOut: last };
  return { desiredCapacity: desired, scaledOut: { at: isUnderWay ? last.at : now, from } };
};

/** When a step that is under way no longer holds the next one. */
const wake = (scaledOut: ScalingRecord['scaledOut'], warmUp: number, now: number): { readonly wakeAt?: number } =>
  scaledOut !== undefined && scaledOut.at + warmUp > now ? { wakeAt: scaledOut.at + warmUp } : {};

/** Takes away what is too much: machines that are still to come first, then instances. */
const stepIn = (
  { settings, group, scaling }: CapacitySnapshot,
  present: readonly CapacityInstance[],
  left: readonly LeavingInstance[],
  wanted: number,
  now: number,
): Omit<CapacityDecision, 'reservation'> => {
  const kept = { scaledOut: scaling?.scaledOut, lowSince: undefined };
  const surplus = present.length - wanted;
  if (surplus <= 0 || group === undefined) return { ...kept, desiredCapacity: wanted, leaving: left, drain: [] };
  const warmUp = settings.managedScaling.instanceWarmupPeriod * 1000;
  const { candidates, warmAt } = candidatesOf(present, settings, wanted, now - warmUp);
  const chosen = mostCrowdedFirst(candidates, present).slice(0, surplus);
  // Those that are too new, or hold tasks, stay for now.
  const desiredCapacity = Math.max(wanted, present.length - chosen.length);
  const wakeAt = warmAt === undefined ? undefined : warmAt + warmUp;
  return {
    ...kept,
    ...(chosen.length < surplus ? { lowSince: scaling?.lowSince ?? now, wakeAt } : {}),
    desiredCapacity,
    leaving: [...left, ...chosen.map((instance) => leavingOf(instance, settings))],
    drain: chosen.map(({ containerInstanceId }) => containerInstanceId),
  };
};
