import type { Handler, ecr } from '@oreno/aws-wire';
import type { EcrContext } from '../context.ts';

export const DescribeRegistry: Handler<ecr.Operations, 'DescribeRegistry', EcrContext> = async (_, { account }) => ({
  registryId: account,
  replicationConfiguration: { rules: [] },
});
