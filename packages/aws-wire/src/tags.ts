/**
 * The rules that AWS has for tags of every service: at most 50 per resource, keys of 1 to 128 characters,
 * values of at most 256, letters, digits, spaces and `_ . : / = + - @`, no key twice, and none that starts
 * with `aws:`. See "Tagging your Amazon ECS resources" in the ECS developer guide.
 */
import { AwsError } from './aws-error.ts';

/** A tag of any service: ECS writes its members small, ECR and IAM large. */
export interface AnyTag {
  readonly key?: string | undefined;
  readonly value?: string | undefined;
  readonly Key?: string | undefined;
  readonly Value?: string | undefined;
}

const allowed = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
const length = (text: string): number => Array.from(text).length;

const keyProblem = (key: string): string | undefined => {
  if (key === '') return 'Tag key can not be empty.';
  if (length(key) > 128) return 'Tag key must have length less than or equal to 128.';
  if (/^aws:/i.test(key)) return 'Tag keys that start with aws: are reserved for AWS.';
  return allowed.test(key) ? undefined : `Tag key ${key} contains characters that are not allowed.`;
};

const valueProblem = (key: string, value: string): string | undefined => {
  if (length(value) > 256) return `The value of tag ${key} must have length less than or equal to 256.`;
  return allowed.test(value) ? undefined : `The value of tag ${key} contains characters that are not allowed.`;
};

const problemOf = (tags: readonly AnyTag[], limit: number): string | undefined => {
  if (tags.length > limit) return `The number of tags must not exceed ${limit}.`;
  const seen = new Set<string>();
  for (const tag of tags) {
    const key = tag.key ?? tag.Key ?? '';
    const problem = keyProblem(key) ?? valueProblem(key, tag.value ?? tag.Value ?? '');
    if (problem !== undefined) return problem;
    if (seen.has(key)) return `Duplicate tag key found: ${key}.`;
    seen.add(key);
  }
  return undefined;
};

/**
 * Checks tags as given with a request, or a resource's tags after new ones were merged in. Throws
 * {@link AwsError} with `code`, which is InvalidParameterException when not given.
 */
export const validateTags = (
  tags: readonly AnyTag[] | undefined,
  options: { readonly code?: string; readonly limit?: number } = {},
): void => {
  const problem = tags && problemOf(tags, options.limit ?? 50);
  if (problem !== undefined) throw new AwsError(options.code ?? 'InvalidParameterException', problem);
};
