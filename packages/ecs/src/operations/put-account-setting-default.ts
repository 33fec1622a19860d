import type { Handler, ecs } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';
import { rootArn, settingView, validateSetting } from '../domain/account-settings/settings.ts';
import { accountSettings } from '../records.ts';

/** Sets an account setting for every principal that has none of its own. */
export const PutAccountSettingDefault: Handler<ecs.Operations, 'PutAccountSettingDefault', EcsContext> = async (
  { name, value },
  { account, region, store },
) => {
  validateSetting(name, value);
  await store.update((transaction) =>
    transaction.put(accountSettings, { account, region, principalArn: '', name, value }),
  );
  return { setting: settingView(name, value, rootArn(account)) };
};
