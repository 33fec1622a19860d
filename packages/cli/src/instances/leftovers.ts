/** Machines that a launch left because it was killed: found by what they carry, and removed by the next launch. */
import type { Lxd } from '@oreno/lxd';
import { joinsWithin } from './decide-provision.ts';
import { keys, type FleetInstance } from './fleet.ts';
import { removeInstance } from '../lxd/launch.ts';

/** Whether nobody waits for it any more; `now` is in milliseconds since the epoch. */
export const isLeftover = (
  { machine, containerInstance }: Pick<FleetInstance, 'machine' | 'containerInstance'>,
  now: number,
): boolean =>
  machine.config[keys.launching] === 'true' &&
  containerInstance === undefined &&
  now - Date.parse(machine.created_at) > joinsWithin;

/** Deletes them, and answers their names. */
export const removeLeftovers = async (lxd: Lxd, fleet: readonly FleetInstance[]): Promise<readonly string[]> => {
  const names = fleet.filter((each) => isLeftover(each, Date.now())).map(({ name }) => name);
  for (const name of names) await removeInstance(lxd, name);
  return names;
};
