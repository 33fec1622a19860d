/** Whom a resource-based policy names (IAM user guide, "AWS JSON policy elements: Principal" and "NotPrincipal"). Pure. */

/** Whom a request comes from, as resource-based policies name principals. */
export interface PolicyPrincipal {
  readonly account: string;
  /** `arn:aws:iam::<account>:root`, `arn:aws:sts::<account>:assumed-role/<role>/<session>`, or a user's. */
  readonly arn: string;
  /** The role of a session, with its path. */
  readonly roleArn?: string | undefined;
}

/** The ARN of the role behind a session; undefined for anybody else. */
export const roleArnOf = ({ account, arn, roleArn }: PolicyPrincipal): string | undefined => {
  if (roleArn !== undefined) return roleArn;
  const role = /:assumed-role\/([^/]+)\//.exec(arn)?.[1];
  return role === undefined ? undefined : `arn:aws:iam::${account}:role/${role}`;
};

const rootOf = (account: string): string => `arn:aws:iam::${account}:root`;

/** The names that an element lists; `*` for everybody. */
const listed = (element: unknown): readonly unknown[] => {
  if (element === '*') return [element];
  const names: unknown = typeof element === 'object' && element !== null ? Reflect.get(element, 'AWS') : undefined;
  return [names].flat();
};

/**
 * How a `Principal` element names who asks: itself, or only the account that it belongs to, which then decides by its
 * own policies who in it may. Undefined where it does not.
 */
export const namedAs = (element: unknown, principal: PolicyPrincipal): 'itself' | 'account' | undefined => {
  const names = new Set(listed(element));
  if ([`*`, principal.arn, roleArnOf(principal)].some((name) => name !== undefined && names.has(name))) return 'itself';
  return names.has(principal.account) || names.has(rootOf(principal.account)) ? 'account' : undefined;
};

/**
 * Whether a `NotPrincipal` element leaves out who asks: it has to list the account, the role and the session or user,
 * each of which is looked at by itself.
 */
export const isLeftOut = (element: unknown, principal: PolicyPrincipal): boolean => {
  const names = new Set(listed(element));
  if (names.has('*')) return true;
  const { account, arn } = principal;
  const isAccountListed = names.has(account) || names.has(rootOf(account));
  const others = [arn === rootOf(account) ? undefined : arn, roleArnOf(principal)];
  return isAccountListed && others.every((name) => name === undefined || names.has(name));
};
