/** Makes an instance and starts it; what fails or is interrupted on the way leaves nothing behind. */
import { setTimeout as delay } from 'node:timers/promises';
import { LxdError, NotFoundError, type Devices, type Instance, type InstanceSource, type Lxd } from '@oreno/lxd';
import { decideInstance, type LaunchRequest } from './launch-spec.ts';

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
  signal?.throwIfAborted();
  tell(`creating ${name}`);
  const instance = lxd.instance(name);
  await lxd.instances
    .create({ name, source, ...made }, { signal })
    .onProgress((text) => tell(`creating ${name}: ${text}`));
  try {
    tell(`starting ${name}`);
    await instance.start({ signal });
    const wait = { signal, timeout };
    if (until !== 'start') await booted(lxd, name, wait);
    if (until === 'cloud-init') await instance.waitFor.cloudInit(wait);
    signal?.throwIfAborted();
  } catch (error) {
    await removeInstance(lxd, name).catch(() => {});
    throw error;
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
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { status } = await instance.get();
      if (status === 'Frozen') await instance.unfreeze();
      // An ephemeral instance is gone with its stop.
      if (status !== 'Stopped') await instance.stop({ force: true }).then(undefined, () => {});
      await instance.delete();
      return true;
    } catch (error) {
      if (error instanceof NotFoundError) return attempt > 1;
      // One that is ending by itself refuses for that moment.
      if (attempt === removals || !(error instanceof LxdError)) throw error;
      await delay(attempt * 100);
    }
  }
};
