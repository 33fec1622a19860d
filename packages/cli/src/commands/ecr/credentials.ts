/**
 * `oreno ecr credentials`: credentials of upstream registries for pull-through cache rules. They are files of the data
 * folder that its owner alone can read; the server need not run, and takes them as they are when it needs them.
 */
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { isSecretName, openUpstreamSecrets, upstreamSecretsFolder, type UpstreamSecrets } from '@oreno/server';
import { openDataDir, readNote, type DataDir } from '../../data-dir.ts';
import { CommandFailure } from '../../failure.ts';
import { checkAccount, checkRegion, defaults } from '../../settings.ts';
import { table } from '../../table.ts';

export interface CredentialsOptions {
  readonly dataDir?: string;
  readonly account?: string;
  readonly region?: string;
}

const secretsOf = (dataDir: DataDir): UpstreamSecrets =>
  openUpstreamSecrets(join(dataDir.server, upstreamSecretsFolder));

const scopeOf = (dataDir: DataDir, { account, region }: CredentialsOptions) => {
  const note = readNote(dataDir);
  return {
    account: checkAccount(account ?? note?.account ?? defaults.account),
    region: checkRegion(region ?? note?.region ?? defaults.region),
  };
};

const fullName = (name: string): string => {
  const full = name.startsWith('ecr-pullthroughcache/') ? name : `ecr-pullthroughcache/${name}`;
  if (!isSecretName(full)) throw new CommandFailure(`${name}: a name has letters, digits and /_+=.@- in it.`, 2);
  return full;
};

/** Keeps a user name, and the password or token that comes on standard input; prints the ARN for a rule. */
export const setCredentials = async (
  name: string,
  options: CredentialsOptions & { readonly username: string },
): Promise<void> => {
  const dataDir = openDataDir(options.dataDir);
  const [full, scope] = [fullName(name), scopeOf(dataDir, options)];
  if (process.stdin.isTTY) process.stderr.write('The password or access token, then Ctrl-D:\n');
  const accessToken = (await text(process.stdin)).trim();
  if (accessToken === '') throw new CommandFailure('there is no password on standard input.', 2);
  const arn = await secretsOf(dataDir).put(scope, full, { username: options.username, accessToken });
  process.stdout.write(`${arn}\n`);
};

export const listCredentials = async ({ dataDir }: CredentialsOptions): Promise<void> => {
  const kept = await secretsOf(openDataDir(dataDir)).list();
  if (kept.length === 0) process.stdout.write('There are no credentials of upstream registries.\n');
  else
    process.stdout.write(
      table(
        ['NAME', 'USER', 'ARN'],
        kept.map(({ name, username, arn }) => [name, username, arn]),
      ),
    );
};

export const deleteCredentials = async (name: string, options: CredentialsOptions): Promise<void> => {
  const dataDir = openDataDir(options.dataDir);
  const full = fullName(name);
  if (!(await secretsOf(dataDir).remove(scopeOf(dataDir, options), full))) {
    throw new CommandFailure(`there are no credentials named ${full}.`);
  }
};
