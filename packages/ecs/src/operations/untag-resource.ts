import type { Handler, ecs } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';
import { invalidParameter } from '../domain/errors.ts';
import { requireTaggedResource, resourceNotFound } from '../queries/tagged-resources.ts';

/** Takes tags off a resource; keys that it does not have change nothing. */
export const UntagResource: Handler<ecs.Operations, 'UntagResource', EcsContext> = async (input, context) => {
  const reserved = input.tagKeys.find((key) => /^aws:/i.test(key));
  if (reserved !== undefined) throw invalidParameter('Tag keys that start with aws: are reserved for AWS.');
  await context.store.update(async (transaction) => {
    const resource = await requireTaggedResource(transaction, context, input.resourceArn, resourceNotFound);
    const kept = resource.tags.filter(({ key }) => key === undefined || !input.tagKeys.includes(key));
    if (kept.length < resource.tags.length) await resource.write(transaction, kept);
  });
  return {};
};
