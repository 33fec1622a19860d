import type { Handler, ecr } from '@oreno/aws-wire';
import type { EcrContext } from '../context.ts';
import { checkResourceTags } from '../domain/resource-tags.ts';
import { repositories } from '../records.ts';
import { readRepositoryArn, repositoryByArn } from './repository-resource.ts';

export const TagResource: Handler<ecr.Operations, 'TagResource', EcrContext> = async (input, context) => {
  const resource = readRepositoryArn(input.resourceArn, context, 'TagResource');
  await context.store.update(async (tx) => {
    const repository = await repositoryByArn(tx, resource);
    await tx.put(repositories, { ...repository, tags: checkResourceTags(repository.tags, input.tags) });
  });
  return {};
};
