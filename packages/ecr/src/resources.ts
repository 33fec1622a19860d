/** Which ARNs a call touches: the repository that it names, by name or by ARN. */
import { repositoryArn } from './access.ts';
import type { EcrContext } from './context.ts';

const textOf = (input: unknown, member: string): string | undefined => {
  const value: unknown = typeof input === 'object' && input !== null ? Reflect.get(input, member) : undefined;
  return typeof value === 'string' ? value : undefined;
};

const namesOf = (input: unknown): readonly string[] => {
  const names: unknown =
    typeof input === 'object' && input !== null ? Reflect.get(input, 'repositoryNames') : undefined;
  return Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
};

/** The ARNs for the authorizer; GetAuthorizationToken and what is about the registry have no resource but `*`. */
export const resourcesOf = (operation: string, input: unknown, { account, region }: EcrContext): readonly string[] => {
  const arn = textOf(input, 'resourceArn');
  if (arn !== undefined) return [arn];
  const scope = { account: textOf(input, 'registryId') ?? account, region };
  const name = textOf(input, 'repositoryName');
  const names = name === undefined ? namesOf(input) : [name];
  if (names.length > 0) return names.map((each) => repositoryArn(scope, each));
  return operation === 'DescribeRepositories' ? [repositoryArn(scope, '*')] : ['*'];
};
