/** Tags of log groups, by ARN and, as the older operations have it, by name. */
import type { Handler, logs } from '@oreno/aws-wire';
import type { LogsContext } from '../context.ts';
import { groupNameOfArn, noSuchGroup } from '../domain/names.ts';
import { checkTags } from '../domain/tags.ts';
import { logGroups } from '../records.ts';
import { changeGroup } from './change-group.ts';

type Operation<Name extends keyof logs.Operations> = Handler<logs.Operations, Name, LogsContext>;
type Tags = { readonly [key: string]: string };

const add = (context: LogsContext, logGroupName: string, tags: Tags): Promise<void> =>
  changeGroup(context, logGroupName, (group) => {
    const merged = { ...group.tags, ...tags };
    checkTags(merged);
    return { ...group, tags: merged };
  });

const remove = (context: LogsContext, logGroupName: string, keys: readonly string[]): Promise<void> =>
  changeGroup(context, logGroupName, (group) => ({
    ...group,
    tags: Object.fromEntries(Object.entries(group.tags).filter(([key]) => !keys.includes(key))),
  }));

const tagsOf = async (context: LogsContext, logGroupName: string): Promise<Tags> => {
  const { account, region } = context;
  const row = await context.store.read((transaction) => transaction.get(logGroups, { account, region, logGroupName }));
  if (row === undefined) throw noSuchGroup();
  return row.record.tags;
};

/** AWS: TagResource. */
export const TagResource: Operation<'TagResource'> = async (input, context) => {
  await add(context, groupNameOfArn(input.resourceArn, context), input.tags);
};

/** AWS: UntagResource. */
export const UntagResource: Operation<'UntagResource'> = async (input, context) => {
  await remove(context, groupNameOfArn(input.resourceArn, context), input.tagKeys);
};

/** AWS: ListTagsForResource. */
export const ListTagsForResource: Operation<'ListTagsForResource'> = async (input, context) => ({
  tags: await tagsOf(context, groupNameOfArn(input.resourceArn, context)),
});

/** AWS: TagLogGroup. */
export const TagLogGroup: Operation<'TagLogGroup'> = async (input, context) => {
  await add(context, input.logGroupName, input.tags);
};

/** AWS: UntagLogGroup. */
export const UntagLogGroup: Operation<'UntagLogGroup'> = async (input, context) => {
  await remove(context, input.logGroupName, input.tags);
};

/** AWS: ListTagsLogGroup. */
export const ListTagsLogGroup: Operation<'ListTagsLogGroup'> = async (input, context) => ({
  tags: await tagsOf(context, input.logGroupName),
});
