import type { Handler, ecr } from '@oreno/aws-wire';
import type { EcrContext } from '../context.ts';
import { invalidParameter } from '../domain/exceptions.ts';
import { faultOfRules } from '../domain/replication.ts';
import { findRegistry, registries } from '../registry-records.ts';

/** Replaces the rules; what is pushed from now on is copied, what is there already is not. */
export const PutReplicationConfiguration: Handler<ecr.Operations, 'PutReplicationConfiguration', EcrContext> = async (
  { replicationConfiguration },
  context,
) => {
  const { rules: replication } = replicationConfiguration;
  const fault = faultOfRules(replication, context);
  if (fault !== undefined) throw invalidParameter('replicationConfiguration', fault);
  await context.store.update(async (tx) => tx.put(registries, { ...(await findRegistry(tx, context)), replication }));
  return { replicationConfiguration };
};
