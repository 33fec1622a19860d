import type { Handler, ecr } from '@oreno/aws-wire';
import type { EcrContext } from '../context.ts';
import { registryPolicyNotFound } from '../domain/exceptions.ts';
import { findRegistry } from '../registry-records.ts';

export const GetRegistryPolicy: Handler<ecr.Operations, 'GetRegistryPolicy', EcrContext> = async (_, context) => {
  const { account, policyText } = await context.store.read((tx) => findRegistry(tx, context));
  if (policyText === undefined) throw registryPolicyNotFound(account);
  return { registryId: account, policyText };
};
