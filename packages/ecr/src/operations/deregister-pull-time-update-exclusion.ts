import { AwsError, type Handler, type ecr } from '@oreno/aws-wire';
import type { EcrContext } from '../context.ts';
import { pullExclusions } from '../registry-records.ts';

export const DeregisterPullTimeUpdateExclusion: Handler<
  ecr.Operations,
  'DeregisterPullTimeUpdateExclusion',
  EcrContext
> = async ({ principalArn }, { store, account, region }) => {
  await store.update(async (tx) => {
    const key = { account, region, principalArn };
    if ((await tx.get(pullExclusions, key)) === undefined) {
      throw new AwsError('ExclusionNotFoundException', `The principal ${principalArn} is not excluded`);
    }
    await tx.delete(pullExclusions, key);
  });
  return { principalArn };
};
