import type { Handler, ecs } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';
import { settingView, settingsKey, targetPrincipal, validateSetting } from '../domain/account-settings/settings.ts';
import { accessDenied } from '../domain/errors.ts';
import { accountSettings } from '../records.ts';

/** Sets an account setting for a principal; for the root user it is the whole account's. */
export const PutAccountSetting: Handler<ecs.Operations, 'PutAccountSetting', EcsContext> = async (input, context) => {
  const { name, value } = input;
  const { account, region } = context;
  validateSetting(name, value);
  const principal = targetPrincipal(input.principalArn, context.principal, accessDenied);
  const record = { account, region, principalArn: settingsKey(principal, account), name, value };
  await context.store.update((transaction) => transaction.put(accountSettings, record));
  return { setting: settingView(name, value, principal) };
};
