import type { Handler, ecs } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';
import { settingView, settingsKey, targetPrincipal } from '../domain/account-settings/settings.ts';
import { accessDenied } from '../domain/errors.ts';
import { effectiveSetting, ownSetting } from '../queries/account-settings.ts';
import { accountSettings } from '../records.ts';

/** Takes a principal's own setting away, so that the account's or ECS's default applies again. */
export const DeleteAccountSetting: Handler<ecs.Operations, 'DeleteAccountSetting', EcsContext> = async (
  { name, principalArn },
  context,
) => {
  const { account, region } = context;
  const principal = targetPrincipal(principalArn, context.principal, accessDenied);
  const key = settingsKey(principal, account);
  return context.store.update(async (transaction) => {
    const own = await ownSetting(transaction, context, key, name);
    if (own !== undefined) await transaction.delete(accountSettings, { account, region, principalArn: key, name });
    const value = own ?? (await effectiveSetting(transaction, context, context.principal, name));
    return { setting: settingView(name, value, principal) };
  });
};
