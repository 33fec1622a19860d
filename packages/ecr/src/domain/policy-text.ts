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

/** Everybody, an account, or one principal in it: names of principals have no wildcards. */
const principalName =
  /^(\*|\d{12}|arn:aws[a-z-]*:(iam::\d{12}:(root|(user|role)\/[^*?]+)|sts::\d{12}:(assumed-role|federated-user)\/[^*?]+))$/;

const isPrincipal = (value: unknown): boolean => {
  if (value === '*') return true;
  if (!isObject(value) || Object.keys(value).length === 0) return false;
  return Object.entries(value).every(
    ([kind, names]) =>
      ['AWS', 'Service', 'Federated'].includes(kind) &&
      isTextList(names) &&
      (kind !== 'AWS' || listOf(names).every((name) => principalName.test(name))),
  );
};

const oneOf = (statement: Json, names: readonly [string, string]): unknown => {
  const given = names.filter((name) => statement[name] !== undefined);
  return given.length === 1 ? statement[given[0] ?? ''] : undefined;
};

/** The operators of conditions (IAM user guide, "Condition operators"). */
const operator =
  /^(For(AllValues|AnyValue):)?(String((Not)?Equals(IgnoreCase)?|(Not)?Like)|(Numeric|Date)((Not)?Equals|(Less|Greater)Than(Equals)?)|Bool|BinaryEquals|(Not)?IpAddress|Arn(Not)?(Equals|Like))(IfExists)?$|^Null$/;

const isScalar = (value: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof value);

/** A date, or seconds since the epoch. */
const date = /^(\d{4}-\d{2}-\d{2}([Tt]\d.*)?|-?\d{1,18})$/;

const isWanted = (name: string, value: unknown): boolean =>
  isScalar(value) && (!/^(For\w+:)?Date/.test(name) || date.test(String(value)));

const isCondition = (value: unknown): boolean =>
  isObject(value) &&
  Object.entries(value).every(
    ([name, keys]) =>
      operator.test(name) &&
      isObject(keys) &&
      Object.values(keys).every((wanted) => [wanted].flat().every((each) => isWanted(name, each))),
  );

const resourceName = /^(\*|arn:(aws[a-z-]*|\*):[^:]+:[^:]*:[^:]*:.+)$/;

const isResource = (value: unknown): boolean =>
  isTextList(value) && listOf(value).every((each) => resourceName.test(each));

const isMade = (value: Json, members: readonly string[]): boolean =>
  Object.keys(value).every((name) => members.includes(name));

const statementMembers = [
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
];

const isStatement = (statement: unknown, needsResource: boolean): boolean => {
  if (!isObject(statement) || !isMade(statement, statementMembers)) return false;
  if (!['string', 'undefined'].includes(typeof statement['Sid'])) return false;
  if (statement['Effect'] !== 'Allow' && statement['Effect'] !== 'Deny') return false;
  const action = oneOf(statement, ['Action', 'NotAction']);
  if (!isTextList(action) || !listOf(action).every((each) => actions.test(each))) return false;
  if (!isPrincipal(oneOf(statement, ['Principal', 'NotPrincipal']))) return false;
  // It would let in everybody whom nobody thought of: IAM has it for denials alone.
  if (statement['NotPrincipal'] !== undefined && statement['Effect'] !== 'Deny') return false;
  const resource = oneOf(statement, ['Resource', 'NotResource']);
  if (needsResource ? !isResource(resource) : resource !== undefined) return false;
  return statement['Condition'] === undefined || isCondition(statement['Condition']);
};

const versions: readonly unknown[] = [undefined, '2008-10-17', '2012-10-17'];

/**
 * Whether a text is a policy that ECR takes: a registry's names resources, a repository's is about itself. Unlike in
 * IAM's own policies, several statements may have the same name.
 */
export const isPolicyText = (text: string, of: 'repository' | 'registry'): boolean => {
  let policy: unknown;
  try {
    policy = JSON.parse(text);
  } catch {
    return false;
  }
  if (!isObject(policy) || !isMade(policy, ['Version', 'Id', 'Statement'])) return false;
  if (!versions.includes(policy['Version']) || !['string', 'undefined'].includes(typeof policy['Id'])) return false;
  const statements: readonly unknown[] = [policy['Statement']].flat();
  return statements.length > 0 && statements.every((statement) => isStatement(statement, of === 'registry'));
};
