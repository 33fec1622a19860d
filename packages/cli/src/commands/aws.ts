/**
 * `oreno aws …`: the AWS CLI, of any version, against this server. Old ones read no endpoint from the environment,
 * so it is given as an argument besides.
 */
import { spawn } from 'node:child_process';
import { CommandFailure } from '../failure.ts';
import { clientEnvironment } from './env.ts';

export const aws = async (args: readonly string[], options: { readonly dataDir?: string }): Promise<void> => {
  const variables = clientEnvironment(options.dataDir);
  const { AWS_SESSION_TOKEN: _token, AWS_PROFILE: _profile, ...environment } = process.env;
  const endpoint = args.includes('--endpoint-url') ? [] : ['--endpoint-url', variables['AWS_ENDPOINT_URL'] ?? ''];
  const child = spawn('aws', [...endpoint, ...args], { stdio: 'inherit', env: { ...environment, ...variables } });
  // The terminal sends its interrupt to both: the CLI decides what it means.
  process.on('SIGINT', () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  const code = await new Promise<number>((resolve, reject) => {
    child.once('error', () =>
      reject(new CommandFailure('the AWS CLI is not on the PATH. Debian or Ubuntu: sudo apt-get install awscli')),
    );
    child.once('close', (status, signal) => resolve(status ?? (signal === 'SIGINT' ? 130 : 1)));
  });
  process.exitCode = code;
};
