/** `oreno ecr credentials`: credentials of upstream registries for pull-through cache rules, which the server keeps sealed. */
import { text } from 'node:stream/consumers';
import { isSecretName, type UpstreamSecret } from '@oreno/server';
import { CommandFailure } from '../../failure.ts';
import { checkAccount, checkRegion } from '../../settings.ts';
import { table } from '../../table.ts';
import { askRegistry } from './upkeep.ts';

export interface CredentialsOptions {
  readonly dataDir?: string;
  readonly account?: string;
  readonly region?: string;
}

/** The query that names some of them. */
const queryOf = (name: string, { account, region }: CredentialsOptions): string => {
  const scope = {
    ...(account === undefined ? {} : { account: checkAccount(account) }),
    ...(region === undefined ? {} : { region: checkRegion(region) }),
  };
  return new URLSearchParams({ name: fullName(name), ...scope }).toString().replaceAll('+', '%20');
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
  const query = queryOf(name, options);
  if (process.stdin.isTTY) process.stderr.write('The password or access token, then Ctrl-D:\n');
  const accessToken = (await text(process.stdin)).trim();
  if (accessToken === '') throw new CommandFailure('there is no password on standard input.', 2);
  const content = { username: options.username, accessToken };
  const { arn } = (await askRegistry(options.dataDir, 'PUT', `/credentials?${query}`, content)) as {
    readonly arn: string;
  };
  process.stdout.write(`${arn}\n`);
};

export const listCredentials = async ({ dataDir }: CredentialsOptions): Promise<void> => {
  const { credentials: kept } = (await askRegistry(dataDir, 'GET', '/credentials')) as {
    readonly credentials: readonly UpstreamSecret[];
  };
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
  const path = `/credentials?${queryOf(name, options)}`;
  const { deleted } = (await askRegistry(options.dataDir, 'DELETE', path)) as { readonly deleted: boolean };
  if (!deleted) throw new CommandFailure(`there are no credentials named ${fullName(name)}.`);
};
