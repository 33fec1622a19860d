import type { Handler, ecr } from '@oreno/aws-wire';
import type { EcrContext } from '../context.ts';
import { registryPolicyNotFound } from '../domain/exceptions.ts';
import { findRegistry, registries } from '../registry-records.ts';

export const DeleteRegistryPolicy: Handler<ecr.Operations, 'DeleteRegistryPolicy', EcrContext> = async (_, context) =>
  context.store.update(async (tx) => {
    const { policyText, ...registry } = await findRegistry(tx, context);
    if (policyText === undefined) throw registryPolicyNotFound(registry.account);
    await tx.put(registries, registry);
    return { registryId: registry.account, policyText };
  });
