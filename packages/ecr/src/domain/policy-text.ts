/**
 * The texts of repository and registry policies: what ECR accepts (Amazon ECR user guide, "Private repository policies"
 * and "Private registry permissions"). Pure.
 */
type Json = Readonly<Record<string, unknown>>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isTextList = (value: unknown): value is string | readonly string[] =>
  (typeof value === 'string' && value !== '') ||
  (Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === 'string' && each !== ''));

const listOf = (value: string | readonly string[]): readonly string[] => (typeof value === 'string' ? [value] : value);

const actions = /^(\*|ecr:[A-Za-z*?]+)$/;
const account = /^(\*|\d{12}|arn:aws[a-z-]*:(iam|sts)::\d{12}:.+)$/;

const isPrincipal = (value: unknown): boolean => {
  if (value === '*') return true;
  if (!isObject(value) || Object.keys(value).length === 0) return false;
  return Object.entries(value).every(
    ([kind, names]) =>
      ['AWS', 'Service', 'Federated'].includes(kind) &&
      isTextList(names) &&
      (kind !== 'AWS' || listOf(names).every((name) => account.test(name))),
  );
};

const oneOf = (statement: Json, names: readonly [string, string]): unknown => {
  const given = names.filter((name) => statement[name] !== undefined);
  return given.length === 1 ? statement[given[0] ?? ''] : undefined;
};

const isStatement = (statement: unknown, needsResource: boolean): boolean => {
  if (!isObject(statement)) return false;
  if (statement['Effect'] !== 'Allow' && statement['Effect'] !== 'Deny') return false;
  const action = oneOf(statement, ['Action', 'NotAction']);
  if (!isTextList(action) || !listOf(action).every((each) => actions.test(each))) return false;
  if (!isPrincipal(oneOf(statement, ['Principal', 'NotPrincipal']))) return false;
  const resource = oneOf(statement, ['Resource', 'NotResource']);
  if (needsResource ? !isTextList(resource) : resource !== undefined) return false;
  return statement['Condition'] === undefined || isObject(statement['Condition']);
};

const versions: readonly unknown[] = [undefined, '2008-10-17', '2012-10-17'];

/** Whether a text is a policy that ECR takes: a registry's names resources, a repository's is about itself. */
export const isPolicyText = (text: string, of: 'repository' | 'registry'): boolean => {
  let policy: unknown;
  try {
    policy = JSON.parse(text);
  } catch {
    return false;
  }
  if (!isObject(policy) || !versions.includes(policy['Version'])) return false;
  const statements: readonly unknown[] = [policy['Statement']].flat();
  return statements.length > 0 && statements.every((statement) => isStatement(statement, of === 'registry'));
};
