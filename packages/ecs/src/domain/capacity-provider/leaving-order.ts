/**
 * Which instances managed scaling may take away, and in what order. Pure.
 * AWS documentation: "Control the instances Amazon ECS terminates"; "Default termination policy" in the Auto Scaling
 * user guide.
 */
import type { AutoScalingGroup } from '../../capacity-records.ts';
import type { CapacityInstance } from './capacity-instance.ts';

/**
 * The instances that may be taken away, and when the next will be warm. Busy ones are among them only where there
 * are more than `wanted` of them, and managed termination protection is off.
 */
export const candidatesOf = (
  present: readonly CapacityInstance[],
  { managedTerminationProtection }: AutoScalingGroup,
  wanted: number,
  warmSince: number,
): { readonly candidates: readonly CapacityInstance[]; readonly warmAt: number | undefined } => {
  const warm = present.filter(({ registeredAt }) => registeredAt <= warmSince);
  const cold = present.filter((each) => !warm.includes(each)).map(({ registeredAt }) => registeredAt);
  const idle = warm.filter(({ isBusy }) => !isBusy);
  const tooMany = Math.max(0, present.filter(({ isBusy }) => isBusy).length - wanted);
  const busy = warm.filter(({ isBusy }) => isBusy).toSorted((left, right) => left.tasks - right.tasks);
  return {
    candidates: [...idle, ...(managedTerminationProtection === 'ENABLED' ? [] : busy.slice(0, tooMany))],
    warmAt: cold.length > 0 ? Math.min(...cold) : undefined,
  };
};

/**
 * Idle ones first, then those with few tasks; of equals one from the zone with most instances, there the oldest, as
 * the default termination policy of Auto Scaling has it.
 */
export const mostCrowdedFirst = (
  candidates: readonly CapacityInstance[],
  present: readonly CapacityInstance[],
): readonly CapacityInstance[] => {
  const sizes = new Map<string, number>();
  for (const { availabilityZone } of present) sizes.set(availabilityZone, (sizes.get(availabilityZone) ?? 0) + 1);
  const sizeOf = ({ availabilityZone }: CapacityInstance): number => sizes.get(availabilityZone) ?? 0;
  const rest = [...candidates];
  const ordered: CapacityInstance[] = [];
  while (rest.length > 0) {
    rest.sort(
      (left, right) =>
        Number(left.isBusy) - Number(right.isBusy) ||
        (left.isBusy ? left.tasks - right.tasks : 0) ||
        sizeOf(right) - sizeOf(left) ||
        left.registeredAt - right.registeredAt ||
        (left.containerInstanceId < right.containerInstanceId ? -1 : 1),
    );
    const next = rest.shift();
    if (next === undefined) break;
    ordered.push(next);
    sizes.set(next.availabilityZone, sizeOf(next) - 1);
  }
  return ordered;
};
