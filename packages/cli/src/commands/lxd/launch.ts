/** `oreno lxd launch`: an instance from an image, started and booted. */
import { randomBytes } from 'node:crypto';
import { TimeoutError } from '@oreno/lxd';
import { CommandFailure } from '../../failure.ts';
import { findImage } from '../../lxd/images.ts';
import { launch as launchInstance } from '../../lxd/launch.ts';
import { printJson, progress, withLxd } from '../../lxd/session.ts';
import type { Target } from '../../lxd/target.ts';

export interface LaunchOptions extends Target {
  readonly config?: Readonly<Record<string, string>>;
  readonly profile?: readonly string[];
  readonly network?: readonly string[];
  readonly publish?: readonly string[];
  readonly cpu?: string;
  readonly memory?: string;
  readonly disk?: string;
  readonly storage?: string;
  readonly ephemeral: boolean;
  readonly vm: boolean;
  readonly wait: boolean;
  /** Seconds. */
  readonly timeout: number;
  readonly json: boolean;
}

export const launch = (image: string, given: string | undefined, options: LaunchOptions): Promise<void> =>
  withLxd(options, async (lxd, signal) => {
    const name =
      given ??
      `${image.replaceAll(/[^a-zA-Z0-9-]/g, '-').replace(/^[^a-zA-Z]+/, '')}-${randomBytes(2).toString('hex')}`;
    const { fingerprint } = await findImage(lxd, [image]);
    const { tell, done } = progress();
    const { cpu, memory, disk, storage } = options;
    const request = {
      image,
      machine: options.vm ? 'virtual-machine' : 'container',
      ephemeral: options.ephemeral,
      profiles: options.profile,
      config: options.config ?? {},
      devices: {},
      limits: { cpu, memory, disk },
      networks: options.network ?? [],
      storage,
      ports: options.publish ?? [],
      mounts: [],
    } as const;
    const until = options.wait ? 'boot' : 'start';
    try {
      const timeout = options.timeout * 1000;
      await launchInstance(lxd, name, { fingerprint }, request, { tell, signal, until, timeout });
    } catch (error) {
      if (!(error instanceof TimeoutError)) throw error;
      throw new CommandFailure(
        `${error.message}, so it was removed. Give it longer with --timeout, or look into it: launch with --no-wait, ` +
          `then oreno lxd exec ${name} -- journalctl`,
      );
    } finally {
      done();
    }
    if (options.json) printJson(await lxd.instance(name).get());
    else process.stdout.write(`${name}\n`);
  });
