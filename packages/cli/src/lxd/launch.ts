/** Makes an instance and starts it; what fails or is interrupted on the way leaves nothing behind. */
import { NotFoundError, type Devices, type InstanceSource, type Lxd } from '@oreno/lxd';
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
    if (until !== 'start') await instance.waitFor.boot(wait);
    if (until === 'cloud-init') await instance.waitFor.cloudInit(wait);
    signal?.throwIfAborted();
  } catch (error) {
    await removeInstance(lxd, name).catch(() => {});
    throw error;
  }
};

const inheritedDevices = async (lxd: Lxd, profiles: readonly string[] = ['default']): Promise<Devices> => {
  const all = await Promise.all(
    profiles.map((name) =>
      lxd.client.read<{ devices: Devices }>(`/profiles/${encodeURIComponent(name)}`, { subject: `profile ${name}` }),
    ),
  );
  return Object.assign({}, ...all.map(({ devices }) => devices)) as Devices;
};

/** Ends and deletes an instance in whatever state; false where there was none. */
export const removeInstance = async (lxd: Lxd, name: string): Promise<boolean> => {
  const instance = lxd.instance(name);
  try {
    const { status } = await instance.get();
    if (status === 'Frozen') await instance.unfreeze();
    // An ephemeral instance is gone with its stop.
    if (status !== 'Stopped') await instance.stop({ force: true }).then(undefined, () => {});
    await instance.delete();
    return true;
  } catch (error) {
    if (error instanceof NotFoundError) return false;
    throw error;
  }
};
