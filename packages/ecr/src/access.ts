/**
 * Who may do what with which repository: every request of the API and of `/v2/` comes by here. Repository and registry
 * policies decide beside those of the principal (Amazon ECR user guide, "Private repository policies", "Private
 * registry permissions").
 */
import { AwsError, parseArn } from '@oreno/aws-wire';
import type { Store } from '@oreno/store';
import { findSetting } from './account-settings.ts';
import type { Caller, EcrIam } from './caller.ts';
import type { EcrContext } from './context.ts';
import { findRepository } from './records.ts';
import { findRegistry } from './registry-records.ts';
import type { RepositoryRecord, Scope } from './records.ts';

export const repositoryArn = ({ account, region }: Scope, repositoryName: string): string =>
  `arn:aws:ecr:${region}:${account}:repository/${repositoryName}`;

/** What a registry's policy decides where the account setting REGISTRY_POLICY_SCOPE is V1; it is every action with V2. */
const narrowScope = new Set(['BatchImportUpstreamImage', 'CreateRepository', 'ReplicateImage']);

interface Looked {
  readonly repository: RepositoryRecord | undefined;
  /** The texts of the policies that an operation on the repository is under: its own, and its registry's. */
  readonly policies: readonly string[];
}

/** Everything that decides is read at once: every request of a push comes by here. */
const lookAt = (store: Store, scope: Scope, repositoryName: string, operation: string): Promise<Looked> =>
  store.read(async (tx) => {
    const repository = await findRepository(tx, scope, repositoryName);
    const registry = (await findRegistry(tx, scope)).policyText;
    const isUnderRegistry =
      registry !== undefined &&
      (narrowScope.has(operation) || (await findSetting(tx, scope, 'REGISTRY_POLICY_SCOPE')) === 'V2');
    const texts = [repository?.policyText, isUnderRegistry ? registry : undefined];
    return { repository, policies: texts.filter((text) => text !== undefined) };
  });

/** The root of an account can always mend a policy that shuts everybody out. */
const mends = new Set(['GetRepositoryPolicy', 'SetRepositoryPolicy', 'DeleteRepositoryPolicy']);

/** The policies of what an API call touches, for the authorizer. */
export const policiesOf = async (
  operation: string,
  resource: string,
  { store, principal }: Pick<EcrContext, 'principal' | 'store'>,
): Promise<readonly string[]> => {
  const arn = parseArn(resource);
  if (arn === undefined || !arn.resource.startsWith('repository/')) return [];
  if (mends.has(operation) && principal.type === 'root' && principal.account === arn.account) return [];
  return (await lookAt(store, arn, arn.resource.slice('repository/'.length), operation)).policies;
};

/** Resolves when the caller may perform the action (`ecr:PutImage`) on the repository; throws AccessDeniedException. */
export const authorize = async (
  { iam, store }: { readonly iam: EcrIam; readonly store: Store },
  caller: Caller,
  action: string,
  repositoryName: string,
): Promise<void> => {
  await authorizeAndFind({ iam, store }, caller, action, repositoryName);
};

/** The same; resolves to the repository that was looked at for it, if there is one. */
export const authorizeAndFind = async (
  { iam, store }: { readonly iam: EcrIam; readonly store: Store },
  caller: Caller,
  action: string,
  repositoryName: string,
): Promise<RepositoryRecord | undefined> => {
  const { repository, policies } = await lookAt(store, caller, repositoryName, action.slice('ecr:'.length));
  await iam.authorizer.authorize({
    principal: caller.principal,
    action,
    resources: [repositoryArn(caller, repositoryName)],
    region: caller.region,
    call: caller.call,
    policiesOf: async () => policies,
  });
  return repository;
};

/**
 * The registry that an API call names by `registryId`; the caller's own when it names none. Throws
 * AccessDeniedException for another account's registry where the call names no repository, whose policy could decide.
 */
export const registryOf = (
  input: { readonly registryId?: string | undefined; readonly repositoryName?: string | undefined },
  { account: own, region, principal }: EcrContext,
  operation: string,
): Scope => {
  const account = input.registryId ?? own;
  const isDecided = input.repositoryName !== undefined || operation === 'DescribeRepositories';
  if (account === principal.account || isDecided) return { account, region };
  const action = `ecr:${operation}`;
  throw new AwsError(
    'AccessDeniedException',
    `User: ${principal.arn} is not authorized to perform: ${action} on resource: ${repositoryArn({ account, region }, '*')} because no resource-based policy allows the ${action} action`,
  );
};
