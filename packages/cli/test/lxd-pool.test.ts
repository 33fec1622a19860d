import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect } from '@oreno/lxd';
import { startFakeLxd } from '@oreno/lxd/fake';
import fc from 'fast-check';
import { readConfig } from '../src/lxd/kitchen/config.ts';
import { readContext } from '../src/lxd/kitchen/context.ts';
import { decideOrphans, ownerKeys, ownerOf } from '../src/lxd/kitchen/owner.ts';
import { retireMembers } from '../src/lxd/kitchen/pool.ts';
import { decidePool, decideTakes, type Member } from '../src/lxd/kitchen/pool-rules.ts';

const member = (name: string, more: Partial<Member> = {}): Member => ({
  name,
  key: 'k',
  ready: true,
  run: 1,
  created: 100,
  ...more,
});
const wish = { key: 'k', size: 2, oldest: 50 };
const nobody = () => false;

test('the longest waiting member with the key is taken first, and none that is half-made or too old', () => {
  const members = [
    member('young', { created: 120 }),
    member('old', { created: 90 }),
    member('half-made', { ready: false }),
    member('other', { key: 'x' }),
    member('too-old', { created: 49 }),
  ];
  assert.deepEqual(decideTakes(members, wish), ['old', 'young']);
});

test('what is missing is made, and what is being made counts', () => {
  assert.deepEqual(decidePool([], wish, nobody), { retire: [], missing: 2 });
  const one = [member('a', { ready: false, run: 7 })];
  assert.equal(decidePool(one, wish, (run) => run === 7).missing, 1);
  assert.equal(decidePool(one, wish, nobody).missing, 2);
});

test('too old ones, surplus and a pool that is not wanted any more go; another key stays until it is too old', () => {
  const members = [member('a'), member('b'), member('c'), member('other', { key: 'x' }), member('old', { created: 1 })];
  assert.deepEqual(decidePool(members, wish, nobody), { retire: ['c', 'old'], missing: 0 });
  const dropped = decidePool([...members, member('half', { ready: false })], { ...wish, size: 0 }, nobody);
  assert.deepEqual(dropped, { retire: ['a', 'b', 'c', 'other', 'old', 'half'], missing: 0 });
});

test('carried out, it leaves as many as are wanted, whatever was there', () => {
  const any = fc.record({
    name: fc.uuid(),
    key: fc.constantFrom('k', 'x'),
    ready: fc.boolean(),
    run: fc.constantFrom(1, 2),
    created: fc.integer({ min: 0, max: 100 }),
  });
  fc.assert(
    fc.property(fc.array(any, { maxLength: 8 }), fc.integer({ min: 0, max: 4 }), (members, size) => {
      const wanted = { ...wish, size };
      const lives = (run: number): boolean => run === 2;
      const { retire, missing } = decidePool(members, wanted, lives);
      const rest = members.filter(({ name }) => !retire.includes(name));
      const making = rest.filter(({ key, ready, run }) => key === 'k' && !ready && lives(run)).length;
      const ready = decideTakes(rest, wanted).length;
      assert.ok(ready <= size);
      assert.equal(missing, Math.max(0, size - ready - making));
      const made = Array.from({ length: missing }, (_, n) => member(`new-${n}`));
      assert.deepEqual(decidePool([...rest, ...made], wanted, lives), { retire: [], missing: 0 });
    }),
  );
});

test('a pool is off where it is not asked for, and where an instance has a name or an address of its own', () => {
  assert.equal(readConfig({}, 'debian').pool, 0);
  assert.deepEqual([readConfig({ pool: 2 }, 'd').pool, readConfig({ pool: 2 }, 'd').poolMaxAge], [2, 3_600_000]);
  const fixed = readConfig({ pool: 2, container_name: 'box' }, 'debian');
  assert.deepEqual([fixed.pool, fixed.warnings.length], [0, 1]);
  assert.match(fixed.warnings.join(), /no pool where container_name is set/);
  assert.match(readConfig({ pool: 2, never_destroy: true }, 'd').warnings.join(), /no pool where never_destroy is set/);
  assert.throws(() => readConfig({ pool: 1.5 }, 'debian'), { code: 'invalid-config', message: /pool/ });
});

test('what was kept for folders that are gone goes, on the machine that had the folder alone', () => {
  const made = (name: string, kind: string, root: string, host = 'here') => {
    return { name, kind, root, host, owner: 'any', instance: 'i', run: 1, pool: '', ready: true };
  };
  const all = [
    made('stage', 'stage', '/gone'),
    made('pool', 'pool', '/gone'),
    made('in-use', 'instance', '/gone'),
    made('kept', 'kept', '/gone'),
    made('there', 'pool', '/there'),
    made('elsewhere', 'stage', '/gone', 'other'),
  ];
  assert.deepEqual(
    decideOrphans(all, 'here', (folder) => folder === '/there'),
    ['stage', 'pool'],
  );
});

test('a pool that is not wanted any more goes, and with it the member that is being made', async () => {
  const fake = await startFakeLxd({ images: ['debian'] });
  const lxd = await connect({ socket: fake.socket });
  const root = await mkdtemp(join(tmpdir(), 'oreno-pool-'));
  try {
    const config = ownerKeys(ownerOf(root), { root, instance: 'debian', run: process.pid }, 'pool', 'k');
    await lxd.instances.create({ name: 'member', source: { image: 'debian' }, config });
    const text = 'Failed to create instance update operation: Instance is busy running a "start" operation';
    fake.fail({ method: 'PUT', path: /^\/instances\/member$/, answer: { code: 500, text } });
    const params = { platform: 'debian', instance: 'one-debian', root, config: {}, state: {} };
    const call = { signal: new AbortController().signal, emit: async () => {} };
    assert.deepEqual(await retireMembers(await readContext(params, call, async () => lxd)), ['member']);
    assert.deepEqual(await lxd.instances.list(), []);
  } finally {
    lxd.close();
    await fake.stop();
    await rm(root, { recursive: true, force: true });
  }
});
