/**
 * The warm pool: instances of a platform that were launched and booted ahead and wait frozen, so that they use no
 * processor time. `create` takes one over, and the pool is filled up behind it by a process of its own.
 */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { LxdError, NotFoundError, type Lxd } from '@oreno/lxd';
import { inheritedDevices, launch, removeInstance } from '../launch.ts';
import { decideInstance, type LaunchRequest } from '../launch-spec.ts';
import { madeByKitchen, type Context } from './context.ts';
import { lives } from './leftovers.ts';
import { nameFor, ownerIn, ownerKeys, poolKeys, readyKey, type Subject } from './owner.ts';
import { decidePool, decideTakes, type Member, type PoolWish } from './pool-rules.ts';
import { keyOf, surroundingsOf } from './surroundings.ts';

/** What all members have in common: a port of the host can be one instance's only, so it is added when one is taken. */
const commonOf = (request: LaunchRequest): LaunchRequest => ({ ...request, ports: [] });

const wishOf = async (context: Context): Promise<PoolWish> => {
  const { pool, poolMaxAge, request } = context.config;
  const oldest = Date.now() - poolMaxAge;
  if (pool === 0) return { key: '', size: 0, oldest };
  return { key: keyOf([1, await surroundingsOf(context), commonOf(request)]), size: pool, oldest };
};

/** The members of the folder's pool for the platform, and how many are wanted. */
const look = async (context: Context): Promise<{ readonly members: readonly Member[]; readonly wish: PoolWish }> => {
  const { lxd, owner, platform } = context;
  const members = (await madeByKitchen(lxd))
    .filter(({ made }) => made.kind === 'pool' && made.owner === owner && made.instance === platform)
    .map(({ name, status, created_at, made }) => ({
      name,
      key: made.pool,
      // One that the machine's restart ended is of no use, and goes when it is too old.
      ready: made.ready,
      run: made.run,
      created: status === 'Frozen' || !made.ready ? Date.parse(created_at) : 0,
    }));
  return { members, wish: await wishOf(context) };
};

/** Takes over an instance that waits, for the Kitchen instance of the request; undefined when there is none. */
export const takeMember = async (context: Context): Promise<string | undefined> => {
  const { lxd, config, owner, subject } = context;
  if (config.pool === 0) return undefined;
  const { members, wish } = await look(context);
  for (const name of decideTakes(members, wish)) {
    if (!(await claim(lxd, name, ownerKeys(owner, subject, 'instance')))) continue;
    try {
      await wake(context, name);
      return name;
    } catch (error) {
      await removeInstance(lxd, name).catch(() => {});
      throw error;
    }
  }
  return undefined;
};

const wake = async ({ lxd, config: { request, timeout }, call: { signal } }: Context, name: string): Promise<void> => {
  const instance = lxd.instance(name);
  await instance.unfreeze({ signal });
  if (request.ports.length > 0) {
    const { devices } = decideInstance(request, await inheritedDevices(lxd, request.profiles));
    await instance.update(() => ({ devices }));
  }
  await instance.waitFor.boot({ timeout, signal });
};

/** One that a filler is making refuses changes while it is created or started. */
const claimTries = 100;

/** Writes other keys on a member; false when another run was there first, or it is gone. */
const claim = async (
  lxd: Lxd,
  name: string,
  keys: Readonly<Record<string, string>>,
  tries = claimTries,
): Promise<boolean> => {
  class Taken extends Error {}
  try {
    await lxd.instance(name).update(({ config }) => {
      if (ownerIn(config)?.kind !== 'pool') throw new Taken();
      const rest = Object.entries(config).filter(([key]) => !poolKeys.includes(key));
      return { config: { ...Object.fromEntries(rest), ...keys } };
    });
    return true;
  } catch (error) {
    if (error instanceof Taken || error instanceof NotFoundError) return false;
    if (tries === 1 || !(error instanceof LxdError && /instance is busy/i.test(error.text))) throw error;
    await delay(100);
    return claim(lxd, name, keys, tries - 1);
  }
};

/** Removes the members that are of no use any more, and tells their names. */
export const retireMembers = async (context: Context): Promise<readonly string[]> => {
  const { members, wish } = await look(context);
  return retire(context, decidePool(members, wish, lives).retire);
};

const retire = async (
  { lxd, owner, platform, subject }: Context,
  names: readonly string[],
): Promise<readonly string[]> => {
  const keys = ownerKeys(owner, ofPool(subject, platform), 'retired');
  const removed: string[] = [];
  for (const name of names) {
    if (!(await claim(lxd, name, keys))) continue;
    await removeInstance(lxd, name);
    removed.push(name);
  }
  return removed;
};

/** Members belong to the platform, and while they are made to this process. */
const ofPool = ({ root }: Subject, platform: string): Subject => ({ root, instance: platform, run: process.pid });

/** Makes what is missing, one after the other; ends when as many wait as are wanted. */
export const fillPool = async (context: Context): Promise<void> => {
  for (;;) {
    const { members, wish } = await look(context);
    const { retire: useless, missing } = decidePool(members, wish, lives);
    await retire(context, useless);
    if (missing === 0) return;
    await makeMember(context, wish.key);
  }
};

const makeMember = async (context: Context, key: string): Promise<void> => {
  const { lxd, config, owner, platform, subject, call } = context;
  const name = nameFor(`${owner}/${randomUUID()}`, `pool-${platform}`);
  const request = commonOf(config.request);
  const keys = ownerKeys(owner, ofPool(subject, platform), 'pool', key);
  const { fingerprint } = await surroundingsOf(context);
  const made = { ...request, config: { ...request.config, ...keys } };
  const until = request.cloudInit === undefined ? 'boot' : 'cloud-init';
  const tell = (words: string): void => void call.emit('debug', words);
  await launch(lxd, name, { fingerprint }, made, { tell, signal: call.signal, timeout: config.timeout, until });
  try {
    await lxd.instance(name).freeze({ signal: call.signal });
    await lxd.instance(name).update((before) => ({ config: { ...before.config, [readyKey]: 'true' } }));
  } catch (error) {
    await removeInstance(lxd, name).catch(() => {});
    throw error;
  }
};

/** How many wait for the platform, of how many that are wanted. */
export const countMembers = async (context: Context): Promise<{ readonly ready: number; readonly wanted: number }> => {
  const { members, wish } = await look(context);
  return { ready: decideTakes(members, wish).length, wanted: wish.size };
};
