import type { Handler, ecs } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';
import { invalidParameter } from '../domain/errors.ts';
import { requireTaggedResource } from '../queries/tagged-resources.ts';

/** Lists the tags of a cluster, task definition, task or container instance. */
export const ListTagsForResource: Handler<ecs.Operations, 'ListTagsForResource', EcsContext> = async (
  { resourceArn },
  context,
) => {
  const { tags } = await context.store.read((transaction) =>
    requireTaggedResource(transaction, context, resourceArn, invalidParameter),
  );
  return { tags };
};
