/** What becomes of an instance that is there: destroy, status, package. */
import { NotFoundError, Operation, type Lxd } from '@oreno/lxd';
import { BridgeError } from '../bridge/error.ts';
import { removeInstance } from '../launch.ts';
import { madeByKitchen, type Context } from './context.ts';
import { removeLeftovers } from './leftovers.ts';
import { kindKey, type Kind } from './owner.ts';
import { retireMembers } from './pool.ts';
import { withSnapshot } from './snapshot.ts';
import { awake } from './wake.ts';

const usable: ReadonlySet<string> = new Set<Kind>(['instance', 'kept']);

/** Removes the instance, and whatever a killed run left. One that Test Kitchen did not make stays. */
export const destroy = async (context: Context): Promise<unknown> => {
  const { lxd, config, owner, subject } = context;
  const own = (await madeByKitchen(lxd)).filter(
    ({ made }) => usable.has(made.kind) && made.owner === owner && made.instance === subject.instance,
  );
  for (const { name, status: now } of own) {
    const isRunning = now === 'Running';
    const stop = { force: config.force, timeout: Math.ceil(config.timeout / 1000) };
    if (isRunning && (config.neverDestroy || !config.force))
      await lxd
        .instance(name)
        .stop(stop)
        .then(undefined, () => {});
    if (config.neverDestroy) await keep(lxd, name);
    else await removeInstance(lxd, name);
  }
  const leftovers = [...(await removeLeftovers(context)), ...(await retireMembers(context))];
  return { removed: [...(config.neverDestroy ? [] : own.map(({ name }) => name)), ...leftovers] };
};

/** No state file knows it from now on, and yet it is no leftover. */
const keep = async (lxd: Lxd, name: string): Promise<void> => {
  try {
    await lxd.instance(name).update(({ config }) => ({ config: { ...config, [kindKey]: 'kept' } }));
  } catch (error) {
    // An ephemeral one is gone with its stop.
    if (!(error instanceof NotFoundError)) throw error;
  }
};

export const status = async ({ lxd, name }: Context): Promise<unknown> => {
  try {
    const { status: shown } = await lxd.instance(name).get();
    const message = `LXD instance ${name} at ${lxd.address}`;
    return { live: shown === 'Running', state: shown.toLowerCase(), resource_id: name, message };
  } catch (error) {
    if (!(error instanceof NotFoundError)) throw error;
    return { live: false, state: 'not_created', message: `There is no LXD instance ${name} at ${lxd.address}` };
  }
};

/** Publishes the instance as an image. */
export const packageImage = async (context: Context): Promise<unknown> => {
  const { lxd, name, config, subject, call } = context;
  const alias = config.packageName ?? `kitchen-${subject.instance}`;
  if ((await lxd.images.byAlias(alias)) !== undefined) {
    throw new BridgeError('name-in-use', `There is an image ${alias} already.`, {
      remedy: `Choose another with package_name, or delete it: lxc image delete ${alias}`,
    });
  }
  const publish = async (snapshot: string): Promise<unknown> => {
    const json = { source: { type: 'snapshot', name: snapshot }, aliases: [{ name: alias, description: '' }] };
    const request = { method: 'POST', path: '/images', json, subject: alias } as const;
    const { metadata } = await new Operation(lxd.client, request, { signal: call.signal });
    return { alias, fingerprint: metadata?.['fingerprint'] ?? '' };
  };
  return awake(context, () => withSnapshot(lxd, name, 'kitchen-package', publish));
};
