/**
 * Credentials of upstream registries, which pull-through cache rules name by the ARN of a Secrets Manager secret (Amazon
 * ECR user guide, "Storing your upstream repository credentials"). There is no Secrets Manager here: `oreno ecr
 * credentials` keeps them in the store, for every server over it. The password is sealed with the installation's key and
 * bound to its ARN; it is opened whenever an upstream is asked, so that a changed one counts at once. Nothing of it is
 * ever answered or logged.
 *
 *     ecr_upstream_secrets  account, region, name  a user, and the sealed password or token
 */
import { randomBytes } from 'node:crypto';
import { defineTable } from '@oreno/store';
import type { Store } from '@oreno/store';
import type { EcrIam } from './caller.ts';
import type { Scope } from './records.ts';

export interface UpstreamCredentials {
  readonly username: string;
  readonly accessToken: string;
}

/** A secret without what is secret of it. */
export interface UpstreamSecret {
  readonly name: string;
  readonly arn: string;
  readonly username: string;
}

export interface UpstreamSecrets {
  /** The credentials behind an ARN; undefined where there are none. */
  readonly find: (arn: string) => Promise<UpstreamCredentials | undefined>;
  /** Keeps credentials under a name; the ARN, which stays the same when they are kept anew. */
  readonly put: (scope: Scope, name: string, credentials: UpstreamCredentials) => Promise<string>;
  readonly list: () => Promise<readonly UpstreamSecret[]>;
  /** Whether there was one of that name. */
  readonly remove: (scope: Scope, name: string) => Promise<boolean>;
}

interface SecretRecord extends Scope, UpstreamSecret {
  readonly sealed: string;
}

const upstreamSecrets = defineTable<SecretRecord>()('ecr_upstream_secrets', ['account', 'region', 'name']);

const prefix = 'ecr-pullthroughcache/';

/** Whether a secret may have the name, which ECR wants to begin with `ecr-pullthroughcache/`. */
export const isSecretName = (name: string): boolean => /^ecr-pullthroughcache\/[A-Za-z0-9/_+=.@-]{1,200}$/.test(name);

/** What a password or token may have at most, in bytes: more than any registry gives. */
export const longestAccessToken = 8_192;

/** A secret is sealed for as long as it is kept. */
const never = Number.MAX_SAFE_INTEGER;

const purposeOf = (arn: string): string => `ecr-upstream-credentials ${arn}`;

const isToken = (payload: unknown): payload is Pick<UpstreamCredentials, 'accessToken'> =>
  typeof payload === 'object' && payload !== null && 'accessToken' in payload;

/** The secrets in a store; `now` in milliseconds since the epoch. */
export const openUpstreamSecrets = (
  store: Store,
  iam: Pick<EcrIam, 'seal' | 'unseal'>,
  now: () => number,
): UpstreamSecrets => ({
  find: async (arn) => {
    const [, , , region, account, , rest] = arn.split(':');
    if (region === undefined || account === undefined || rest?.startsWith(prefix) !== true) return undefined;
    const name = rest.slice(0, rest.lastIndexOf('-'));
    const kept = (await store.read((tx) => tx.get(upstreamSecrets, { account, region, name })))?.record;
    if (kept?.arn !== arn) return undefined;
    const opened = iam.unseal(purposeOf(arn), kept.sealed, now());
    if (!isToken(opened)) throw new Error(`the secret ${arn} cannot be opened with this installation's key`);
    return { username: kept.username, accessToken: opened.accessToken };
  },
  put: async ({ account, region }, name, { username, accessToken }) => {
    const suffix = randomBytes(3).toString('hex');
    const fresh = `arn:aws:secretsmanager:${region}:${account}:secret:${name}-${suffix}`;
    return store.update(async (tx) => {
      const arn = (await tx.get(upstreamSecrets, { account, region, name }))?.record.arn ?? fresh;
      const sealed = iam.seal(purposeOf(arn), { accessToken }, never);
      await tx.put(upstreamSecrets, { account, region, name, arn, username, sealed });
      return arn;
    });
  },
  list: async () => {
    const rows = await store.read((tx) => tx.list(upstreamSecrets));
    return rows.map(({ record: { name, arn, username } }) => ({ name, arn, username }));
  },
  remove: async ({ account, region }, name) =>
    (await store.update((tx) => tx.delete(upstreamSecrets, { account, region, name }))) === 'deleted',
});
