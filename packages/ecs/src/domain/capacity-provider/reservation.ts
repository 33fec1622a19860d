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

interface Bin {
  cpu: number;
  memory: number;
  readonly ports: Set<string>;
}

const portsOf = ({ ports, portsUdp }: TaskResources): readonly string[] => [
  ...ports.map((port) => `tcp/${port}`),
  ...portsUdp.map((port) => `udp/${port}`),
];

/**
 * How many empty machines of a size take these tasks, packed the largest first. Tasks that no such machine could
 * take are left out: another one would not help them.
 */
export const machinesFor = (tasks: readonly TaskResources[], { cpu, memory }: MachineSize): number => {
  const fitting = tasks.filter((task) => task.cpu <= cpu && task.memory <= memory);
  const share = (task: TaskResources): number => Math.max(task.cpu / (cpu || 1), task.memory / (memory || 1));
  const bins: Bin[] = [];
  for (const task of fitting.toSorted((left, right) => share(right) - share(left))) {
    const ports = portsOf(task);
    let bin = bins.find(
      (each) => each.cpu >= task.cpu && each.memory >= task.memory && ports.every((port) => !each.ports.has(port)),
    );
    if (bin === undefined) {
      bin = { cpu, memory, ports: new Set() };
      bins.push(bin);
    }
    bin.cpu -= task.cpu;
    bin.memory -= task.memory;
    for (const port of ports) bin.ports.add(port);
  }
  return bins.length;
};

/** CapacityProviderReservation: machines needed for each hundred that are there; from none, 200 or 100. */
export const reservationOf = (needed: number, present: number): number => {
  if (present === 0) return needed === 0 ? 100 : 200;
  return (needed / present) * 100;
};
