/** `oreno env`: the environment that points the AWS CLI and the SDKs here, for eval; or a profile of the CLI. */
import { spawnSync } from 'node:child_process';
import { openDataDir, readNote } from '../data-dir.ts';
import { CommandFailure } from '../failure.ts';
import { rootAccessKey } from '../root-key.ts';
import { defaults } from '../settings.ts';

export interface EnvOptions {
  readonly profile?: string;
  readonly dataDir?: string;
}

/** What a client needs to know to call this server. */
export const clientEnvironment = (folder: string | undefined): Readonly<Record<string, string>> => {
  const dataDir = openDataDir(folder);
  const key = rootAccessKey(dataDir);
  const note = readNote(dataDir);
  const region = note?.region ?? defaults.region;
  return {
    ...(note?.caFile === undefined ? {} : { AWS_CA_BUNDLE: note.caFile, NODE_EXTRA_CA_CERTS: note.caFile }),
    AWS_ENDPOINT_URL: note?.origin ?? `http://127.0.0.1:${defaults.port}`,
    AWS_ACCESS_KEY_ID: key.accessKeyId,
    AWS_SECRET_ACCESS_KEY: key.secretAccessKey,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
  };
};

export const env = async (options: EnvOptions): Promise<void> => {
  const variables = clientEnvironment(options.dataDir);
  if (options.profile !== undefined) return writeProfile(options.profile, variables);
  const lines = Object.entries(variables).map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'`);
  process.stdout.write(`${lines.join('\n')}\nunset AWS_SESSION_TOKEN AWS_PROFILE\n`);
};

const profileSettings = {
  aws_access_key_id: 'AWS_ACCESS_KEY_ID',
  aws_secret_access_key: 'AWS_SECRET_ACCESS_KEY',
  region: 'AWS_REGION',
  endpoint_url: 'AWS_ENDPOINT_URL',
  ca_bundle: 'AWS_CA_BUNDLE',
} as const;

const writeProfile = (profile: string, variables: Readonly<Record<string, string>>): void => {
  for (const [setting, variable] of Object.entries(profileSettings)) {
    const value = variables[variable];
    if (value === undefined) continue;
    const args = ['configure', 'set', setting, value, '--profile', profile];
    const result = spawnSync('aws', args, { encoding: 'utf8' });
    if (result.error !== undefined) {
      throw new CommandFailure(
        'the AWS CLI is not on the PATH; a profile is written by it. Debian: apt-get install awscli',
      );
    }
    if (result.status !== 0) throw new CommandFailure(`aws configure set ${setting} failed: ${result.stderr.trim()}`);
  }
  process.stdout.write(`Wrote the profile "${profile}". Use it with: aws --profile ${profile} ecs list-clusters\n`);
  process.stdout.write('An AWS CLI 2 before 2.13 reads no endpoint from a profile: use "oreno aws" with those.\n');
};
