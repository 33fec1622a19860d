/** What an account may switch for its registry (Amazon ECR API reference, "PutAccountSetting"). */
import type { Store } from '@oreno/store';
import { accountSettings } from './records.ts';
import type { Scope } from './records.ts';

/**
 * The settings that this registry honours, with their allowed values; the first is the default. Unlike on ECR,
 * mounting layers across repositories is on until it is switched off: the distribution protocol expects it.
 */
export const knownSettings: ReadonlyMap<string, readonly [string, ...string[]]> = new Map([
  ['BLOB_MOUNTING', ['ENABLED', 'DISABLED']],
]);

/** The value of a setting; undefined for a name that is not known. */
export const readSetting = async (
  store: Store,
  { account, region }: Scope,
  name: string,
): Promise<string | undefined> => {
  const values = knownSettings.get(name);
  if (!values) return undefined;
  return (await store.read((tx) => tx.get(accountSettings, { account, region, name })))?.record.value ?? values[0];
};

export const isBlobMountingEnabled = async (store: Store, scope: Scope): Promise<boolean> =>
  (await readSetting(store, scope, 'BLOB_MOUNTING')) === 'ENABLED';
