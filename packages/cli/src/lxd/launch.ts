/** Makes an instance and starts it; what fails or is interrupted on the way leaves nothing behind. */
import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import {
  ConnectionError,
  LxdError,
  NotFoundError,
  type Devices,
  type Instance,
  type InstanceSource,
  type Lxd,
  type NewInstance,
} from '@oreno/lxd';
import { decideInstance, type LaunchRequest } from './launch-spec.ts';
import { removeOrphanLinks } from './orphan-links.ts';

export interface LaunchSteps {
  readonly tell: (text: string) => void;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until an instance that does not boot is given up. */
  readonly timeout?: number | undefined;
  /** Up to which point to wait: `start`, `boot` (its init is done), `cloud-init`. */
  readonly until: 'start' | 'boot' | 'cloud-init';
}

/** Launches under a name from an image or as a copy of another instance. Throws the errors of the library. */
export const launch = async (
  lxd: Lxd,
  name: string,
  source: InstanceSource,
  request: LaunchRequest,
  { tell, signal, timeout, until }: LaunchSteps,
): Promise<void> => {
  const made = decideInstance(request, await inheritedDevices(lxd, request.profiles));
  tell(`creating ${name}`);
  await createWhole(lxd, name, { source, ...made }, { signal, tell: (text) => tell(`creating ${name}: ${text}`) });
  const instance = lxd.instance(name);
  try {
    tell(`starting ${name}`);
    await instance.start({ signal });
    const wait = { signal, timeout };
    if (until !== 'start') await booted(lxd, name, wait);
    if (until === 'cloud-init') await instance.waitFor.cloudInit(wait);
    signal?.throwIfAborted();
  } catch (error) {
    const told = await explained(instance, error);
    await removeInstance(lxd, name).catch(() => {});
    throw told;
  }
};

/** Of a start that fails LXD tells the program, and not why: that is in a log, which goes with the instance. */
const explained = async (instance: Instance, error: unknown): Promise<unknown> => {
  if (!(error instanceof LxdError) || !/forkstart/.test(error.text)) return error;
  const log = await instance.logs.read('lxc.log').catch(() => '');
  const [, why] = / ERROR .*? - \S+ - (.*)/.exec(log) ?? [];
  const { operation, subject, code } = error;
  const remedy = 'Its limits (of memory, for one) may be too tight, or its image may not work here.';
  const text = why === undefined ? error.text : `${error.text} (its log: ${why})`;
  return new LxdError(text, { operation, subject, code, cause: error }, remedy);
};

/** By this an instance is known as the one that was asked for, where the answer of its creation was lost. */
const markKey = 'user.oreno-launch';

/**
 * Creates an instance. Where that is interrupted, or the connection is cut, nothing is left behind; a server that went
 * away may have it, and then the error says so.
 */
export const createWhole = async (
  lxd: Lxd,
  name: string,
  instance: NewInstance,
  { signal, tell }: { readonly signal?: AbortSignal | undefined; readonly tell?: (text: string) => void },
): Promise<void> => {
  signal?.throwIfAborted();
  const mark = randomUUID();
  const creating = lxd.instances.create({ ...instance, name, config: { ...instance.config, [markKey]: mark } });
  if (tell !== undefined) creating.onProgress(tell);
  // A server that cannot give it up makes it to its end, and only then it can be deleted.
  const giveUp = (): void => void creating.cancel().catch(() => {});
  signal?.addEventListener('abort', giveUp, { once: true });
  try {
    await creating;
  } catch (error) {
    if (error instanceof ConnectionError) await removeMarked(lxd, name, mark, error);
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener('abort', giveUp);
  }
  if (signal?.aborted !== true) return;
  await removeInstance(lxd, name);
  signal.throwIfAborted();
};

/** Deletes what a creation made whose end nobody saw. Throws an error that says so where it cannot be looked at. */
const removeMarked = async (lxd: Lxd, name: string, mark: string, cause: ConnectionError): Promise<void> => {
  try {
    const { config } = await lxd.instance(name).get();
    if (config[markKey] === mark) await removeInstance(lxd, name);
  } catch (error) {
    if (error instanceof NotFoundError) return;
    const remedy = 'It may be there in part: oreno lxd list shows it, and oreno lxd delete --force deletes it.';
    throw new ConnectionError(cause.summary, { operation: 'Creating instance', subject: name, cause }, remedy);
  }
};

/** The devices that come from profiles, a later one's over an earlier one's. */
export const inheritedDevices = async (lxd: Lxd, profiles: readonly string[] = ['default']): Promise<Devices> => {
  const all = await Promise.all(
    profiles.map((name) =>
      lxd.client.read<{ devices: Devices }>(`/profiles/${encodeURIComponent(name)}`, { subject: `profile ${name}` }),
    ),
  );
  return Object.assign({}, ...all.map(({ devices }) => devices)) as Devices;
};

/** Waits for the end of the boot; one that ended instead is told as such. */
const booted = async (lxd: Lxd, name: string, wait: Parameters<Instance['waitFor']['boot']>[0]): Promise<void> => {
  try {
    await lxd.instance(name).waitFor.boot(wait);
  } catch (error) {
    const status = await lxd
      .instance(name)
      .get()
      .then(
        (info) => info.status,
        () => 'gone',
      );
    if (status === 'Running' || wait?.signal?.aborted === true) throw error;
    const remedy = 'Its image may have no init that works here, or its limits (of memory, for one) may be too tight.';
    throw new LxdError('it ended while it booted.', { subject: name, cause: error }, remedy);
  }
};

const removals = 8;

/** Ends and deletes an instance in whatever state; false where there was none. */
export const removeInstance = async (lxd: Lxd, name: string): Promise<boolean> => {
  const instance = lxd.instance(name);
  let last: Readonly<Record<string, string>> = {};
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { status, config } = await instance.get();
      last = config;
      if (status === 'Frozen') await instance.unfreeze();
      // An ephemeral instance is gone with its stop.
      if (status !== 'Stopped') await instance.stop({ force: true }).then(undefined, () => {});
      await instance.delete();
      await removeOrphanLinks(lxd, last);
      return true;
    } catch (error) {
      if (error instanceof NotFoundError) {
        await removeOrphanLinks(lxd, last);
        return attempt > 1;
      }
      // One that is ending by itself refuses for that moment.
      if (attempt === removals || !(error instanceof LxdError)) throw error;
      await delay(attempt * 100);
    }
  }
};
