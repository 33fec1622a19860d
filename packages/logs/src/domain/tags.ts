/** The rules for tags on log groups: at most 50, keys of 1 to 128 characters, values of up to 256. */
import { AwsError } from '@oreno/aws-wire';

type Tags = { readonly [key: string]: string };

/** Refuses tags that CloudWatch Logs refuses. */
export const checkTags = (tags: Tags): void => {
  if (Object.keys(tags).length > 50) {
    throw new AwsError('InvalidParameterException', 'A log group can have at most 50 tags.');
  }
  for (const [key, value] of Object.entries(tags)) {
    if (!/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,128}$/u.test(key) || key.toLowerCase().startsWith('aws:')) {
      throw new AwsError('InvalidParameterException', `The tag key '${key}' is not valid.`);
    }
    if (!/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{0,256}$/u.test(value)) {
      throw new AwsError('InvalidParameterException', `The value of the tag '${key}' is not valid.`);
    }
  }
};
