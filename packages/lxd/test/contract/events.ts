/** What a server tells as it happens. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { LxdEvent } from '@oreno/lxd';
import type { ContractWorld } from './world.ts';

export const eventStreams = (world: () => ContractWorld): void => {
  it('tells events as they happen', async () => {
    const { lxd, web } = world();
    const stopping = new AbortController();
    const seen: LxdEvent[] = [];
    const ready = Promise.withResolvers<void>();
    const options = { types: ['lifecycle'] as const, signal: stopping.signal, onConnect: () => ready.resolve() };
    const reading = (async () => {
      for await (const event of lxd.events(options)) seen.push(event);
    })();
    await ready.promise;
    await web.freeze();
    await web.unfreeze();
    await web.waitFor.until('the events', async () => (seen.length >= 2 ? true : undefined), { timeout: 5_000 });
    stopping.abort();
    await reading;
    const told = seen.map(({ metadata }) => metadata['action']);
    assert.deepEqual(told.slice(0, 2), ['instance-paused', 'instance-resumed']);
  });
};
