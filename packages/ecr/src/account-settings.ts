/** What an account may switch for its registry (Amazon ECR API reference, "PutAccountSetting"). */
import type { ReadTransaction, Store } from '@oreno/store';
import { accountSettings } from './registry-records.ts';
import type { Scope } from './records.ts';

/**
 * The settings that this registry honours, with their allowed values; the first is the default. Unlike on ECR,
 * mounting layers across repositories is on until it is switched off: the distribution protocol expects it. There is
 * one basic scanner, so its setting has one value; ECR's other one is withdrawn.
 */
export const knownSettings: ReadonlyMap<string, readonly [string, ...string[]]> = new Map([
  ['BASIC_SCAN_TYPE_VERSION', ['AWS_NATIVE']],
  ['BLOB_MOUNTING', ['ENABLED', 'DISABLED']],
  ['REGISTRY_POLICY_SCOPE', ['V2', 'V1']],
]);

/** What a name that is no setting is refused with. */
export const unknownSetting = `must be one of ${[...knownSettings.keys()].join(', ')}`;

/** The value of a setting, in a transaction; undefined for a name that is not known. */
export const findSetting = async (
  tx: ReadTransaction,
  { account, region }: Scope,
  name: string,
): Promise<string | undefined> => {
  const values = knownSettings.get(name);
  if (!values) return undefined;
  return (await tx.get(accountSettings, { account, region, name }))?.record.value ?? values[0];
};

/** The value of a setting; undefined for a name that is not known. */
export const readSetting = (store: Store, scope: Scope, name: string): Promise<string | undefined> =>
  store.read((tx) => findSetting(tx, scope, name));

export const isBlobMountingEnabled = async (store: Store, scope: Scope): Promise<boolean> =>
  (await readSetting(store, scope, 'BLOB_MOUNTING')) === 'ENABLED';
