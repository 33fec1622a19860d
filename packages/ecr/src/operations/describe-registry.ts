import type { Handler, ecr } from '@oreno/aws-wire';
import type { EcrContext } from '../context.ts';
import { findRegistry } from '../registry-records.ts';

export const DescribeRegistry: Handler<ecr.Operations, 'DescribeRegistry', EcrContext> = async (_, context) => {
  const { account, replication: rules = [] } = await context.store.read((tx) => findRegistry(tx, context));
  return { registryId: account, replicationConfiguration: { rules } };
};
