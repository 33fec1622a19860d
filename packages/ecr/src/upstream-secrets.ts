/**
 * Credentials of upstream registries, which pull-through cache rules name by the ARN of a Secrets Manager secret (Amazon
 * ECR user guide, "Storing your upstream repository credentials"). There is no Secrets Manager here: each secret is a
 * file of the server's own folder that its owner alone can read, written by `oreno ecr credentials` and read whenever
 * an upstream is asked, so that a changed one counts at once. Nothing of it is ever answered or logged.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
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

type Kept = UpstreamSecret & UpstreamCredentials;

const prefix = 'ecr-pullthroughcache/';

/** Whether a secret may have the name, which ECR wants to begin with `ecr-pullthroughcache/`. */
export const isSecretName = (name: string): boolean => /^ecr-pullthroughcache\/[A-Za-z0-9/_+=.@-]{1,200}$/.test(name);

const isCode = (error: unknown, code: string): boolean => (error as NodeJS.ErrnoException).code === code;

/** The secrets in the folder, which is made when the first one is kept. */
export const openUpstreamSecrets = (folder: string): UpstreamSecrets => {
  const fileOf = ({ account, region }: Scope, name: string): string =>
    join(folder, `${account}.${region}.${encodeURIComponent(name.slice(prefix.length))}.json`);

  const read = async (file: string): Promise<Kept | undefined> => {
    try {
      return JSON.parse(await readFile(file, 'utf8')) as Kept;
    } catch (error) {
      if (isCode(error, 'ENOENT')) return undefined;
      throw error;
    }
  };
  return {
    find: async (arn) => {
      const [, , , region, account, , rest] = arn.split(':');
      if (region === undefined || account === undefined || rest?.startsWith(prefix) !== true) return undefined;
      const kept = await read(fileOf({ account, region }, rest.slice(0, rest.lastIndexOf('-'))));
      return kept?.arn === arn ? { username: kept.username, accessToken: kept.accessToken } : undefined;
    },
    put: async (scope, name, { username, accessToken }) => {
      const file = fileOf(scope, name);
      const suffix = randomBytes(3).toString('hex');
      const fresh = `arn:aws:secretsmanager:${scope.region}:${scope.account}:secret:${name}-${suffix}`;
      const arn = (await read(file))?.arn ?? fresh;
      const kept: Kept = { name, arn, username, accessToken };
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeFile(`${file}.new`, JSON.stringify(kept), { mode: 0o600 });
      await rename(`${file}.new`, file);
      return arn;
    },
    list: async () => {
      const names = await readdir(folder).catch((error: unknown) => {
        if (isCode(error, 'ENOENT')) return [];
        throw error;
      });
      const files = names.filter((name) => name.endsWith('.json')).toSorted();
      const kept = await Promise.all(files.map((name) => read(join(folder, name))));
      return kept.filter((each) => each !== undefined).map(({ name, arn, username }) => ({ name, arn, username }));
    },
    remove: async (scope, name) => {
      try {
        await rm(fileOf(scope, name));
        return true;
      } catch (error) {
        if (isCode(error, 'ENOENT')) return false;
        throw error;
      }
    },
  };
};
