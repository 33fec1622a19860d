/** Reading account settings: a principal's own, else the account's, else ECS's default. */
import type { Principal, ecs } from '@oreno/aws-wire';
import type { ReadTransaction } from '@oreno/store';
import { defaultOf, settingsKey, settingsPrincipal } from '../domain/account-settings/settings.ts';
import { accountSettings } from '../records.ts';
import type { Scope } from '../records.ts';

/** The value that was set for a principal (the empty key means the account), if any. */
export const ownSetting = async (
  transaction: ReadTransaction,
  { account, region }: Scope,
  principalArn: string,
  name: ecs.SettingName,
): Promise<string | undefined> =>
  (await transaction.get(accountSettings, { account, region, principalArn, name }))?.record.value;

/** The value that applies to a caller. */
export const effectiveSetting = async (
  transaction: ReadTransaction,
  scope: Scope,
  caller: Principal,
  name: ecs.SettingName,
): Promise<string> => {
  const key = settingsKey(settingsPrincipal(caller), scope.account);
  return (
    (key === '' ? undefined : await ownSetting(transaction, scope, key, name)) ??
    (await ownSetting(transaction, scope, '', name)) ??
    defaultOf(name)
  );
};
