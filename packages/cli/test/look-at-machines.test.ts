import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decideProvision } from '../src/instances/decide-provision.ts';
import type { FleetInstance } from '../src/instances/fleet.ts';
import { lookAtMachines } from '../src/instances/look-at-machines.ts';

const machine = {
  name: 'metal-1',
  machine: { created_at: '2026-01-01T00:00:00Z' },
  containerInstance: { containerInstanceArn: 'arn-1' },
} as FleetInstance;

const leaving = { containerInstanceArn: 'arn-1' };
const wish = { clusterName: 'default', desiredCapacity: 0, ended: [leaving], emptying: [] };

test('a machine whose ending is done while the server and LXD are asked is not ended again', async () => {
  const busy = new Map([['metal-1', Promise.resolve()]]);
  const list = (): Promise<readonly FleetInstance[]> => {
    busy.delete('metal-1');
    return Promise.resolve([machine]);
  };
  const ask = () => Promise.resolve({ wish });
  assert.deepEqual(decideProvision((await lookAtMachines({ ask, list, busy })).snapshot, 0).ends, []);
  assert.deepEqual(decideProvision((await lookAtMachines({ ask, list, busy })).snapshot, 0).ends, ['metal-1']);
});
