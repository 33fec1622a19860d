import type { Handler, ecr } from '@oreno/aws-wire';
import { knownSettings, unknownSetting } from '../account-settings.ts';
import type { EcrContext } from '../context.ts';
import { invalidParameter } from '../domain/exceptions.ts';
import { accountSettings } from '../registry-records.ts';

/** Only settings that change something here are taken. */
export const PutAccountSetting: Handler<ecr.Operations, 'PutAccountSetting', EcrContext> = async (
  { name, value },
  context,
) => {
  const values = knownSettings.get(name);
  if (!values) throw invalidParameter('name', unknownSetting);
  if (!values.includes(value)) throw invalidParameter('value', `must be one of ${values.join(', ')}`);
  const { account, region } = context;
  await context.store.update((tx) => tx.put(accountSettings, { account, region, name, value }));
  return { name, value };
};
