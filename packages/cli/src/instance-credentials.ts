/**
 * Credentials of a container instance: asked of the server for a new instance, kept in a file of the instance that
 * only its owner reads, and renewed by the instance itself at half their life.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { CredentialProvider } from '@oreno/agent';
import { sign, type Credentials, type Log } from '@oreno/aws-wire';
import type { InstanceCredentials } from '@oreno/server';
import { CommandFailure } from './failure.ts';

export interface CredentialQuestion {
  /** Scheme, host and port of the server. */
  readonly endpoint: string;
  readonly region: string;
  /** Who asks: root, or the instance that renews its own. */
  readonly credentials: Credentials;
  /** The instance's name; its own when absent. */
  readonly name?: string;
}

/** Asks the server. Throws a CommandFailure with the server's words when it refuses. */
export const askCredentials = async (question: CredentialQuestion): Promise<InstanceCredentials> => {
  const query = question.name === undefined ? '' : `?name=${encodeURIComponent(question.name)}`;
  const url = `${question.endpoint}/oreno/instance-credentials${query}`;
  const { region, credentials } = question;
  const { host: _, ...headers } = sign({ method: 'GET', url, region, service: 'ecs', credentials, now: Date.now() });
  const response = await fetch(url, { headers, signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new CommandFailure(`the server gives no credentials: ${await response.text()}`);
  return (await response.json()) as InstanceCredentials;
};

export interface RenewalOptions {
  readonly file: string;
  readonly endpoint: string;
  readonly region: string;
  /** The clock, in milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Log;
}

/** What has half its life behind it is renewed; what could not be is tried again after a minute. */
const tryAgainAfter = 60_000;

/** A provider over a credentials file. Throws a CommandFailure when the file cannot be read. */
export const renewedCredentials = ({ file, endpoint, region, now, log }: RenewalOptions): CredentialProvider => {
  let current = readCredentials(file);
  let renewAt = renewalOf(current);
  let renewing: Promise<void> | undefined;

  const renew = async (): Promise<void> => {
    renewAt = now() + tryAgainAfter;
    // Whoever manages the instance may have put newer ones into the file while this agent was away from its server.
    const kept = readCredentials(file);
    if (kept.AccessKeyId !== current.AccessKeyId) current = kept;
    current = await askCredentials({ endpoint, region, credentials: signable(current) });
    renewAt = renewalOf(current);
    writeCredentials(file, current);
  };
  const renewOnce = (): Promise<void> =>
    (renewing ??= renew()
      .catch((error: unknown) =>
        log('warn', 'the credentials of the instance were not renewed', { error: String(error) }),
      )
      .finally(() => {
        renewing = undefined;
      }));

  return async () => {
    if (now() < renewAt) return signable(current);
    const renewal = renewOnce();
    // Calls go on with what is still valid.
    if (now() > Date.parse(current.Expiration)) await renewal;
    return signable(current);
  };
};

const renewalOf = ({ LastUpdated, Expiration }: InstanceCredentials): number =>
  (Date.parse(LastUpdated) + Date.parse(Expiration)) / 2;

const signable = ({ AccessKeyId, SecretAccessKey, Token }: InstanceCredentials) => ({
  accessKeyId: AccessKeyId,
  secretAccessKey: SecretAccessKey,
  sessionToken: Token,
});

const readCredentials = (file: string): InstanceCredentials => {
  try {
    const read = JSON.parse(readFileSync(file, 'utf8')) as Partial<InstanceCredentials>;
    if (read.AccessKeyId && read.SecretAccessKey && read.Token && read.Expiration && read.LastUpdated) {
      return read as InstanceCredentials;
    }
    throw new Error('members are missing');
  } catch (error) {
    throw new CommandFailure(
      `${file} does not hold the credentials of an instance: ${(error as Error).message}. ` +
        'Where the instance was launched: oreno instances renew NAME',
    );
  }
};

const writeCredentials = (file: string, credentials: InstanceCredentials): void => {
  writeFileSync(`${file}.new`, `${JSON.stringify(credentials)}\n`, { mode: 0o600 });
  renameSync(`${file}.new`, file);
};
