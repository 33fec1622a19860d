import { randomUUID } from 'node:crypto';
import type { Handler, ecr } from '@oreno/aws-wire';
import { registryOf } from '../access.ts';
import type { EcrContext } from '../context.ts';
import { invalidParameter, repositoryAlreadyExists } from '../domain/exceptions.ts';
import { faultOfMutability } from '../domain/tag-mutability.ts';
import { checkResourceTags } from '../domain/resource-tags.ts';
import { encryptionOf } from '../domain/encryption.ts';
import { isRepositoryName } from '../domain/names.ts';
import { repositories } from '../records.ts';
import type { RepositoryRecord } from '../records.ts';
import { toRepository } from './shapes.ts';

export const CreateRepository: Handler<ecr.Operations, 'CreateRepository', EcrContext> = async (input, context) => {
  const scope = registryOf(input, context, 'CreateRepository');
  const { repositoryName } = input;
  if (!isRepositoryName(repositoryName)) {
    throw invalidParameter('repositoryName', 'must satisfy regular expression of repository names');
  }
  const mutability = {
    imageTagMutability: input.imageTagMutability ?? 'MUTABLE',
    exclusionFilters: input.imageTagMutabilityExclusionFilters,
  } as const;
  const fault = faultOfMutability(mutability);
  if (fault !== undefined) throw invalidParameter('imageTagMutabilityExclusionFilters', fault);
  const record: RepositoryRecord = {
    ...scope,
    repositoryName,
    repositoryId: randomUUID(),
    createdAt: context.now(),
    ...mutability,
    scanOnPush: input.imageScanningConfiguration?.scanOnPush ?? false,
    encryptionConfiguration: encryptionOf(input.encryptionConfiguration, scope),
    tags: checkResourceTags([], input.tags ?? []),
  };
  const outcome = await context.store.update((tx) => tx.insert(repositories, record));
  if (outcome === 'exists') throw repositoryAlreadyExists(record);
  return { repository: toRepository(record, context) };
};
