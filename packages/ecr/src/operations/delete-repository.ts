import type { Handler, ecr } from '@oreno/aws-wire';
import { registryOf } from '../access.ts';
import type { EcrContext } from '../context.ts';
import { repositoryNotEmpty } from '../domain/exceptions.ts';
import { images, remains, repositories } from '../records.ts';
import { needRepository } from './repository.ts';
import { toRepository } from './shapes.ts';

export const DeleteRepository: Handler<ecr.Operations, 'DeleteRepository', EcrContext> = async (input, context) => {
  const scope = registryOf(input, context, 'DeleteRepository');
  const deleted = await context.store.update(async (tx) => {
    const repository = await needRepository(tx, scope, input.repositoryName);
    const { repositoryId, account, region, repositoryName } = repository;
    const left = await tx.list(images, { where: { repositoryId }, limit: 1 });
    if (left.length > 0 && !input.force) throw repositoryNotEmpty(repository);
    await tx.delete(repositories, { account, region, repositoryName });
    await tx.put(remains, { repositoryId, deletedAt: context.now() });
    return repository;
  });
  context.wakeReapers();
  return { repository: toRepository(deleted, context) };
};
