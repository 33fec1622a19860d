import type { Handler, ecs } from '@oreno/aws-wire';
import { encodeToken } from '@oreno/aws-wire';
import type { ReadTransaction } from '@oreno/store';
import type { EcsContext } from '../context.ts';
import {
  defaultOf,
  rootArn,
  settingNames,
  settingView,
  settingsKey,
  targetPrincipal,
} from '../domain/account-settings/settings.ts';
import { accessDenied, invalidParameter } from '../domain/errors.ts';
import { pageKey, pageSize } from '../paging.ts';
import { ownSetting } from '../queries/account-settings.ts';

const MOST_RESULTS = 10;

/** Lists what a principal set for itself or, with `effectiveSettings`, what applies to it. */
export const ListAccountSettings: Handler<ecs.Operations, 'ListAccountSettings', EcsContext> = async (
  input,
  context,
) => {
  if (input.value !== undefined && input.name === undefined) {
    throw invalidParameter('You must specify an account setting name to use the value parameter.');
  }
  // Zero is what SDKs of languages without absent numbers send.
  const size = pageSize(input.maxResults === 0 ? undefined : input.maxResults, MOST_RESULTS);
  const after = pageKey(input.nextToken, { name: '' })?.name ?? '';
  const principal = targetPrincipal(input.principalArn, context.principal, accessDenied);
  const names = (input.name === undefined ? settingNames : [input.name]).filter((name) => name > after);
  const settings = await context.store.read((transaction) =>
    readSettings(transaction, context, principal, names, input.effectiveSettings === true),
  );
  const wanted = settings.filter(({ value }) => input.value === undefined || value === input.value);
  const page = wanted.slice(0, size);
  return {
    settings: page,
    ...(wanted.length > size ? { nextToken: encodeToken({ name: page.at(-1)?.name }) } : {}),
  };
};

const readSettings = async (
  transaction: ReadTransaction,
  { account, region }: EcsContext,
  principal: string,
  names: readonly ecs.SettingName[],
  effective: boolean,
): Promise<readonly ecs.Setting[]> => {
  const key = settingsKey(principal, account);
  const settings: ecs.Setting[] = [];
  for (const name of names) {
    const own = await ownSetting(transaction, { account, region }, key, name);
    if (own !== undefined) {
      settings.push(settingView(name, own, principal));
    } else if (effective) {
      const accountWide = await ownSetting(transaction, { account, region }, '', name);
      settings.push(settingView(name, accountWide ?? defaultOf(name), rootArn(account)));
    }
  }
  return settings;
};
