import { AwsError, type Handler, type ecr } from '@oreno/aws-wire';
import type { EcrContext } from '../context.ts';
import { pullExclusions } from '../registry-records.ts';

const mostExclusions = 5;

/** From now on pulls by this user or role leave the time of an image's last pull as it is. */
export const RegisterPullTimeUpdateExclusion: Handler<
  ecr.Operations,
  'RegisterPullTimeUpdateExclusion',
  EcrContext
> = async ({ principalArn }, { store, account, region, now }) => {
  const createdAt = now();
  await store.update(async (tx) => {
    if ((await tx.count(pullExclusions, { where: { account, region } })) >= mostExclusions) {
      throw new AwsError('LimitExceededException', `A registry can have ${mostExclusions} pull time update exclusions`);
    }
    const outcome = await tx.insert(pullExclusions, { account, region, principalArn, createdAt });
    if (outcome === 'exists') {
      throw new AwsError('ExclusionAlreadyExistsException', `The principal ${principalArn} is excluded already`);
    }
  });
  return { principalArn, createdAt };
};
