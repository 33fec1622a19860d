/** One fake instance, and what the API shows of it. */
import type { FakeFiles } from '../files.ts';
import { FakeFailure, type Fields } from '../reply.ts';

export interface FakeSnapshot {
  readonly fields: Fields;
  readonly files: FakeFiles;
}

/** One instance; what a test may look at and change. */
export interface FakeInstance {
  fields: Fields;
  files: FakeFiles;
  readonly snapshots: Map<string, FakeSnapshot>;
  readonly logs: Map<string, Buffer>;
  readonly templates: Map<string, Buffer>;
}

/** Throws a FakeFailure of 404 where there is none. */
export type NeedInstance = (name: string, project: string) => FakeInstance;

/** Throws a FakeFailure of 404. */
export const snapshotOf = ({ snapshots }: FakeInstance, name: string): FakeSnapshot => {
  const found = snapshots.get(name);
  if (found === undefined) throw new FakeFailure(404, 'Instance snapshot not found');
  return found;
};

/** Its `state` as the API shows it; a running one has an address. */
export const stateOf = ({ fields }: FakeInstance): Fields => {
  const isRunning = fields['status'] === 'Running';
  const address = { family: 'inet', address: fields['address'] ?? '', netmask: '24', scope: 'global' };
  const eth0 = { addresses: [address], hwaddr: '00:16:3e:00:00:01', state: 'up', mtu: 1500, type: 'broadcast' };
  return {
    status: fields['status'],
    status_code: fields['status_code'],
    pid: isRunning ? 1000 : 0,
    processes: isRunning ? 1 : 0,
    cpu: { usage: 0 },
    memory: { usage: 0, usage_peak: 0 },
    disk: {},
    network: isRunning ? { eth0 } : null,
  };
};

/** As the API shows it. */
export const viewOf = ({ fields }: FakeInstance): Fields => {
  const { address: _, ...view } = fields;
  return { ...view, expanded_config: view['config'], expanded_devices: view['devices'] };
};

/** What its ETag is of: LXD leaves the description out. */
export const matchedOf = ({ architecture, config, devices, ephemeral, profiles }: Fields): Fields => {
  return { architecture, config, devices, ephemeral, profiles };
};
