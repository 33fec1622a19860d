import type { Handler, ecr } from '@oreno/aws-wire';
import type { EcrContext } from '../context.ts';
import { invalidParameter } from '../domain/exceptions.ts';
import { isPolicyText } from '../domain/policy-text.ts';
import { findRegistry, registries } from '../registry-records.ts';

/** Replaces the policy of the whole registry: it is beside the policy of each of its repositories. */
export const PutRegistryPolicy: Handler<ecr.Operations, 'PutRegistryPolicy', EcrContext> = async (
  { policyText },
  context,
) => {
  if (!isPolicyText(policyText, 'registry')) throw invalidParameter('PolicyText', 'Invalid registry policy provided');
  await context.store.update(async (tx) => tx.put(registries, { ...(await findRegistry(tx, context)), policyText }));
  return { registryId: context.account, policyText };
};
