/** Tags of a repository: AWS's rules for tags, under ECR's own error names. */
import { AwsError, validateTags } from '@oreno/aws-wire';

export interface ResourceTag {
  readonly Key: string;
  readonly Value: string;
}

const mostTags = 50;

/** The tags after adding `added`; throws InvalidTagParameterException and TooManyTagsException. */
export const checkResourceTags = (
  existing: readonly ResourceTag[],
  added: readonly ResourceTag[],
): readonly ResourceTag[] => {
  validateTags(added, { code: 'InvalidTagParameterException', limit: Number.POSITIVE_INFINITY });
  const merged = new Map([...existing, ...added].map(({ Key, Value }) => [Key, Value]));
  if (merged.size > mostTags) {
    throw new AwsError('TooManyTagsException', `A repository can have at most ${mostTags} tags`);
  }
  return [...merged].map(([Key, Value]) => ({ Key, Value }));
};
