/**
 * The door for whoever makes and destroys the machines of a capacity provider: it says within which bounds it
 * serves the provider's group, and is answered how many machines ECS wants and which may end. A machine joins with
 * an agent that registers the attribute `ecs.capacity-provider`; its container instance is deregistered when the
 * machine is gone. A group is served for a minute at a time, so that nothing is scaled in for somebody who is gone.
 */
import type { Store, WriteTransaction } from '@oreno/store';
import { machineGroups, scalings, type MachineGroupRecord } from './capacity-records.ts';
import { requireCapacityProvider } from './queries/capacity-providers.ts';
import { containerInstances, type Scope } from './records.ts';

/** The bounds of a group, and what a machine of it registers. */
export type MachineBounds = Pick<MachineGroupRecord, 'machine' | 'maximumSize' | 'minimumSize'>;

/** A container instance whose machine is to go. */
export interface LeavingMachine {
  readonly containerInstanceArn: string;
  readonly ec2InstanceId?: string | undefined;
}

/** What ECS wants of a group. */
export interface MachineWish {
  readonly clusterName: string;
  /** Machines that there shall be, beside those that are leaving. */
  readonly desiredCapacity: number;
  /** Those that can be destroyed now. */
  readonly ended: readonly LeavingMachine[];
  /** Those that are emptied first. */
  readonly emptying: readonly LeavingMachine[];
}

export interface MachineGroups {
  /**
   * Serves a capacity provider's group for the next minute. Answers undefined where it has no managed scaling or no
   * cluster. Throws ClientException for a capacity provider that is not there.
   */
  serve(scope: Scope, capacityProvider: string, bounds: MachineBounds): Promise<MachineWish | undefined>;
  /** Serves it no more, at once: its machines stay as they are. */
  withdraw(scope: Scope, capacityProvider: string): Promise<void>;
}

/** Milliseconds. */
const servedFor = 60_000;
/** So that whoever asks every second does not write every second. */
const renewedAt = 30_000;

export const openMachineGroups = (store: Store, now: () => number): MachineGroups => ({
  serve: ({ account, region }, reference, bounds) =>
    store.update(async (transaction) => {
      const { name } = await requireCapacityProvider(transaction, { account, region }, reference);
      const key = { account, region, capacityProviderName: name };
      const before = (await transaction.get(machineGroups, key))?.record;
      const isNew = before === undefined || JSON.stringify(boundsOf(before)) !== JSON.stringify(boundsOf(bounds));
      if (isNew || before.servedUntil < now() + renewedAt) {
        await transaction.put(machineGroups, { ...key, ...boundsOf(bounds), servedUntil: now() + servedFor });
      }
      return wishOf(transaction, key);
    }),
  withdraw: ({ account, region }, reference) =>
    store.update(async (transaction) => {
      const { name } = await requireCapacityProvider(transaction, { account, region }, reference);
      await transaction.delete(machineGroups, { account, region, capacityProviderName: name });
    }),
});

const boundsOf = ({ minimumSize, maximumSize, machine }: MachineBounds): MachineBounds => ({
  minimumSize,
  maximumSize,
  ...(machine === undefined ? {} : { machine: { cpu: machine.cpu, memory: machine.memory } }),
});

const wishOf = async (
  transaction: WriteTransaction,
  { account, region, capacityProviderName }: Scope & { readonly capacityProviderName: string },
): Promise<MachineWish | undefined> => {
  const rows = await transaction.list(scalings, { where: { account, region } });
  const record = rows.find((row) => row.record.capacityProviderName === capacityProviderName)?.record;
  if (record === undefined) return undefined;
  const { clusterName, desiredCapacity, leaving } = record;
  const ended: LeavingMachine[] = [];
  const emptying: LeavingMachine[] = [];
  for (const { containerInstanceId, mayEnd } of leaving) {
    const row = await transaction.get(containerInstances, { account, region, clusterName, containerInstanceId });
    if (row === undefined || row.record.status === 'INACTIVE') continue;
    const { containerInstanceArn, ec2InstanceId } = row.record;
    (mayEnd ? ended : emptying).push({ containerInstanceArn, ec2InstanceId });
  }
  return { clusterName, desiredCapacity, ended, emptying };
};
