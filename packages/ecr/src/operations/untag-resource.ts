import type { Handler, ecr } from '@oreno/aws-wire';
import type { EcrContext } from '../context.ts';
import { repositories } from '../records.ts';
import { readRepositoryArn, repositoryByArn } from './repository-resource.ts';

export const UntagResource: Handler<ecr.Operations, 'UntagResource', EcrContext> = async (input, context) => {
  const resource = readRepositoryArn(input.resourceArn, context, 'UntagResource');
  const dropped = new Set(input.tagKeys);
  await context.store.update(async (tx) => {
    const repository = await repositoryByArn(tx, resource);
    await tx.put(repositories, { ...repository, tags: repository.tags.filter(({ Key }) => !dropped.has(Key)) });
  });
  return {};
};
