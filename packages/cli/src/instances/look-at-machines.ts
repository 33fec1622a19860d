/** What a capacity provider wants and which of its machines there are, as one picture to decide on. */
import type { MachineGroupAnswer } from '@oreno/server';
import type { ProvisionSnapshot } from './decide-provision.ts';
import type { FleetInstance } from './fleet.ts';

export interface LookTools {
  /** What is wanted, as the server tells it. */
  readonly ask: () => Promise<MachineGroupAnswer>;
  /** The machines of the capacity provider. */
  readonly list: () => Promise<readonly FleetInstance[]>;
  /** By name: what is being launched or ended. */
  readonly busy: ReadonlyMap<string, unknown>;
}

export interface Look {
  readonly wish: MachineGroupAnswer['wish'];
  readonly fleet: readonly FleetInstance[];
  readonly snapshot: ProvisionSnapshot;
}

const arns = (list: readonly { readonly containerInstanceArn: string }[] = []): ReadonlySet<string> =>
  new Set(list.map(({ containerInstanceArn }) => containerInstanceArn));

/** Asks the server and LXD. */
export const lookAtMachines = async ({ ask, list, busy }: LookTools): Promise<Look> => {
  // As it is before: what is done with a machine by the time of the last answer may not show in the first one.
  const before = new Set(busy.keys());
  const { wish } = await ask();
  const fleet = await list();
  const snapshot = {
    desiredCapacity: wish?.desiredCapacity,
    ended: arns(wish?.ended),
    emptying: arns(wish?.emptying),
    machines: fleet.map(({ name, machine, containerInstance }) => ({
      name,
      createdAt: Date.parse(machine.created_at),
      containerInstanceArn: containerInstance?.containerInstanceArn,
    })),
    busy: before,
  };
  return { wish, fleet, snapshot };
};
