import type { Handler, ecr } from '@oreno/aws-wire';
import type { EcrContext } from '../context.ts';
import { lifecyclePolicyNotFound } from '../domain/exceptions.ts';
import { lifecycles } from '../lifecycle-records.ts';
import { repositoryOf } from './repository.ts';

/** A policy that was never evaluated says 1970, as the AWS CLI's examples show. */
export const GetLifecyclePolicy: Handler<ecr.Operations, 'GetLifecyclePolicy', EcrContext> = async (input, context) => {
  const repository = await repositoryOf(input, context, 'GetLifecyclePolicy');
  const { repositoryId, repositoryName, account } = repository;
  const found = (await context.store.read((tx) => tx.get(lifecycles, { repositoryId })))?.record;
  if (!found) throw lifecyclePolicyNotFound(repository);
  const { text, lastEvaluatedAt } = found;
  return { registryId: account, repositoryName, lifecyclePolicyText: text, lastEvaluatedAt: lastEvaluatedAt ?? 0 };
};
