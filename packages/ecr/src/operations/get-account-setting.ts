import type { Handler, ecr } from '@oreno/aws-wire';
import { readSetting, unknownSetting } from '../account-settings.ts';
import type { EcrContext } from '../context.ts';
import { invalidParameter } from '../domain/exceptions.ts';

export const GetAccountSetting: Handler<ecr.Operations, 'GetAccountSetting', EcrContext> = async (
  { name },
  context,
) => {
  const value = await readSetting(context.store, context, name);
  if (value === undefined) throw invalidParameter('name', unknownSetting);
  return { name, value };
};
