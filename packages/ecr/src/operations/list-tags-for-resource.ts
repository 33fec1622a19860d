import type { Handler, ecr } from '@oreno/aws-wire';
import type { EcrContext } from '../context.ts';
import { readRepositoryArn, repositoryByArn } from './repository-resource.ts';

export const ListTagsForResource: Handler<ecr.Operations, 'ListTagsForResource', EcrContext> = async (
  input,
  context,
) => {
  const resource = readRepositoryArn(input.resourceArn, context, 'ListTagsForResource');
  return { tags: (await context.store.read((tx) => repositoryByArn(tx, resource))).tags };
};
