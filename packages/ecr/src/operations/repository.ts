/** The repository that an operation works on. */
import type { ReadTransaction } from '@oreno/store';
import { registryOf } from '../access.ts';
import type { EcrContext } from '../context.ts';
import { repositoryNotFound } from '../domain/exceptions.ts';
import { findRepository } from '../records.ts';
import type { RepositoryRecord, Scope } from '../records.ts';

/** The repository by its name; throws RepositoryNotFoundException. */
export const needRepository = async (
  tx: ReadTransaction,
  scope: Scope,
  repositoryName: string,
): Promise<RepositoryRecord> => {
  const repository = await findRepository(tx, scope, repositoryName);
  if (!repository) throw repositoryNotFound({ account: scope.account, repositoryName });
  return repository;
};

/** The repository that an input names, in the registry that it names; throws as {@link needRepository} and `registryOf`. */
export const repositoryOf = (
  input: { readonly registryId?: string | undefined; readonly repositoryName: string },
  context: EcrContext,
  operation: string,
): Promise<RepositoryRecord> => {
  const scope = registryOf(input, context, operation);
  return context.store.read((tx) => needRepository(tx, scope, input.repositoryName));
};
