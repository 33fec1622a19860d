/** The repository behind the ARN of the tagging operations. */
import { parseArn } from '@oreno/aws-wire';
import type { ReadTransaction } from '@oreno/store';
import { registryOf } from '../access.ts';
import type { EcrContext } from '../context.ts';
import { invalidParameter } from '../domain/exceptions.ts';
import type { RepositoryRecord, Scope } from '../records.ts';
import { needRepository } from './repository.ts';

/** Reads the ARN; throws InvalidParameterException when it is no repository's of this region. */
export const readRepositoryArn = (
  resourceArn: string,
  context: EcrContext,
  operation: string,
): { readonly scope: Scope; readonly repositoryName: string } => {
  const arn = parseArn(resourceArn);
  const [kind, ...name] = arn?.resource.split('/') ?? [];
  const repositoryName = name.join('/');
  if (
    !arn ||
    arn.service !== 'ecr' ||
    kind !== 'repository' ||
    repositoryName === '' ||
    arn.region !== context.region
  ) {
    throw invalidParameter('resourceArn', 'Invalid ARN');
  }
  return { scope: registryOf({ registryId: arn.account, repositoryName }, context, operation), repositoryName };
};

/** The repository that the ARN names; throws RepositoryNotFoundException. */
export const repositoryByArn = (
  tx: ReadTransaction,
  { scope, repositoryName }: { readonly scope: Scope; readonly repositoryName: string },
): Promise<RepositoryRecord> => needRepository(tx, scope, repositoryName);
