/** What a server tells as it happens. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { listen } from '../support/listening.ts';
import type { ContractWorld } from './world.ts';

export const eventStreams = (world: () => ContractWorld): void => {
  it('tells events as they happen', async () => {
    const { lxd, web } = world();
    const { seen, stop } = await listen(lxd);
    await web.freeze();
    await web.unfreeze();
    await web.waitFor.until('the events', async () => (seen.length >= 2 ? true : undefined), { timeout: 5_000 });
    await stop();
    assert.deepEqual(seen.slice(0, 2), ['instance-paused', 'instance-resumed']);
  });
};
