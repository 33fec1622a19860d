import type { Handler, ecs } from '@oreno/aws-wire';
import { validateTags } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';
import { requireTaggedResource, resourceNotFound } from '../queries/tagged-resources.ts';

/** Sets tags of a resource; those that the request does not name stay. */
export const TagResource: Handler<ecs.Operations, 'TagResource', EcsContext> = async (input, context) => {
  validateTags(input.tags);
  await context.store.update(async (transaction) => {
    const resource = await requireTaggedResource(transaction, context, input.resourceArn, resourceNotFound);
    const kept = resource.tags.filter(({ key }) => !input.tags.some((tag) => tag.key === key));
    const tags = [...kept, ...input.tags];
    // The limit is on what people set; the tags that ECS manages itself do not count.
    validateTags(tags.filter(({ key }) => key?.startsWith('aws:') !== true));
    await resource.write(transaction, tags);
  });
  return {};
};
