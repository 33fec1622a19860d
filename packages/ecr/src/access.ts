/** Who may do what with which repository: every request of the API's other accounts and of `/v2/` comes by here. */
import { AwsError } from '@oreno/aws-wire';
import type { Caller, EcrContext, EcrIam } from './context.ts';
import type { Scope } from './records.ts';

export const repositoryArn = ({ account, region }: Scope, repositoryName: string): string =>
  `arn:aws:ecr:${region}:${account}:repository/${repositoryName}`;

/** Refuses what only a policy of the repository could allow: there is none that another account could rely on. */
const refuseOtherAccount = (caller: Caller, action: string, resource: string): void => {
  if (caller.principal.account === caller.account) return;
  throw new AwsError(
    'AccessDeniedException',
    `User: ${caller.principal.arn} is not authorized to perform: ${action} on resource: ${resource} because no resource-based policy allows the ${action} action`,
  );
};

/** Resolves when the caller may perform the action (`ecr:PutImage`) on the repository; throws AccessDeniedException. */
export const authorize = async (iam: EcrIam, caller: Caller, action: string, repositoryName: string): Promise<void> => {
  const resource = repositoryArn(caller, repositoryName);
  refuseOtherAccount(caller, action, resource);
  await iam.authorizer.authorize({ principal: caller.principal, action, resources: [resource], region: caller.region });
};

/** The registry that an API call names by `registryId`; the caller's own when it names none. */
export const registryOf = (
  input: { readonly registryId?: string | undefined; readonly repositoryName?: string | undefined },
  context: EcrContext,
  operation: string,
): Scope => {
  const { principal, region } = context;
  const account = input.registryId ?? context.account;
  const resource = repositoryArn({ account, region }, input.repositoryName ?? '*');
  refuseOtherAccount({ principal, account, region }, `ecr:${operation}`, resource);
  return { account, region };
};

/** Resolves when the caller may list the repositories of the registry; throws AccessDeniedException. */
export const authorizeCatalog = (iam: EcrIam, caller: Caller): Promise<void> =>
  authorize(iam, caller, 'ecr:DescribeRepositories', '*');
