/**
 * How many machines a capacity provider needs, and the metric that says so. Pure.
 * AWS documentation: "Amazon ECS cluster auto scaling" (CapacityProviderReservation).
 */
import type { TaskResources } from '../../records.ts';

/** CPU units and MiB. */
export interface MachineSize {
  readonly cpu: number;
  readonly memory: number;
}

/** What a task needs of a machine. */
export interface TaskNeeds extends TaskResources {
  /** No machine takes two tasks with the same text: the group of tasks that want distinct instances. */
  readonly apart?: string | undefined;
}

interface Bin {
  cpu: number;
  memory: number;
  /** What only one task of a machine can have. */
  readonly taken: Set<string>;
}

const exclusivesOf = ({ ports, portsUdp, apart }: TaskNeeds): readonly string[] => [
  ...ports.map((port) => `tcp/${port}`),
  ...portsUdp.map((port) => `udp/${port}`),
  ...(apart === undefined ? [] : [`group/${apart}`]),
];

/**
 * How many empty machines of a size these tasks need beside the empty ones that are there, packed the largest
 * first. Tasks that no such machine could take are left out: another one would not help them.
 */
export const machinesFor = (
  tasks: readonly TaskNeeds[],
  { cpu, memory }: MachineSize,
  empty: readonly MachineSize[] = [],
): number => {
  const fitting = tasks.filter((task) => task.cpu <= cpu && task.memory <= memory);
  const share = (task: TaskNeeds): number => Math.max(task.cpu / (cpu || 1), task.memory / (memory || 1));
  const bins: Bin[] = empty.map((machine) => ({ cpu: machine.cpu, memory: machine.memory, taken: new Set() }));
  for (const task of fitting.toSorted((left, right) => share(right) - share(left))) {
    const exclusives = exclusivesOf(task);
    let bin = bins.find(
      (each) => each.cpu >= task.cpu && each.memory >= task.memory && exclusives.every((one) => !each.taken.has(one)),
    );
    if (bin === undefined) {
      bin = { cpu, memory, taken: new Set() };
      bins.push(bin);
    }
    bin.cpu -= task.cpu;
    bin.memory -= task.memory;
    for (const one of exclusives) bin.taken.add(one);
  }
  return bins.length - empty.length;
};

/** CapacityProviderReservation: machines needed for each hundred that are there; from none, 200 or 100. */
export const reservationOf = (needed: number, present: number): number => {
  if (present === 0) return needed === 0 ? 100 : 200;
  return (needed / present) * 100;
};
