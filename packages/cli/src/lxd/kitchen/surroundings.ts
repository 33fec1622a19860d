/** What an instance is made from that stands outside of Test Kitchen's configuration: the image and the profiles as they are now. */
import { createHash } from 'node:crypto';
import type { Config, Devices } from '@oreno/lxd';
import type { Context } from './context.ts';
import { imageOf } from './image.ts';

export interface Surroundings {
  /** Of the image that the alias means at this moment. */
  readonly fingerprint: string;
  /** The contents of the profiles, in their order. */
  readonly profiles: readonly { readonly config: Config; readonly devices: Devices }[];
}

/** Reads them. Throws ImageMissing, or a NotFoundError that names the profile. */
export const surroundingsOf = async (context: Context): Promise<Surroundings> => {
  const { lxd, config } = context;
  const [{ fingerprint }, ...profiles] = await Promise.all([
    imageOf(context),
    ...(config.request.profiles ?? ['default']).map((name) => lxd.profiles.get(name)),
  ]);
  return {
    fingerprint,
    profiles: profiles.map(({ config, devices }) => ({ config: sorted(config), devices: sorted(devices) })),
  };
};

/** A short text that is the same for the same parts only. */
export const keyOf = (parts: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);

/** Keys in one order, since a server may tell the same in another. */
const sorted = <T>(values: Readonly<Record<string, T>>): Readonly<Record<string, T>> =>
  Object.fromEntries(Object.entries(values).toSorted(([a], [b]) => (a < b ? -1 : 1)));
