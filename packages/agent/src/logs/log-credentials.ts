import { createHmac, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { appendFileSync } from 'node:fs';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * The credentials with which Docker's awslogs driver signs what it sends to the spool: made by the agent, one set a
 * container, good for nothing else. Containers outlive the agent and keep the id they were started with, so the sets
 * are kept in a file that only its owner can read: a list of what was issued and released, appended to, shortened at
 * each start. The session token carries its own expiry; the driver fetches a new one before that.
 */

/** What the agent knows of the container behind a signature. */
export interface LogGrant {
  /** The path segment the driver fetches its credentials with: whoever knows it is the driver. */
  readonly id: string;
  readonly taskArn: string;
  readonly containerName: string;
  readonly createGroup: boolean;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** The answer of a container credentials endpoint (ECS developer guide, "Task IAM role"). */
export interface CredentialsAnswer {
  readonly RoleArn: string;
  readonly AccessKeyId: string;
  readonly SecretAccessKey: string;
  readonly Token: string;
  readonly Expiration: string;
}

export interface LogCredentials {
  /** The grant of a container, made at the first call; the same one at every later call. */
  readonly issue: (taskArn: string, containerName: string, createGroup: boolean) => LogGrant;
  /** Ends a task's grants after the grace in which dockerd still sends what it holds. */
  readonly release: (taskArn: string) => void;
  /** The tasks that have grants which were not released. */
  readonly held: () => readonly string[];
  /** What the credentials endpoint answers for an id; undefined for one that is not known. */
  readonly answer: (id: string) => CredentialsAnswer | undefined;
  /** The grant with an id. */
  readonly grant: (id: string) => LogGrant | undefined;
  /** The grant behind a signature, `expired`, or undefined for keys or tokens that this agent did not make. */
  readonly lookup: (accessKeyId: string, sessionToken: string | undefined) => LogGrant | 'expired' | undefined;
}

type Line =
  | { readonly kind: 'issued'; readonly grant: LogGrant }
  | { readonly kind: 'released'; readonly taskArn: string; readonly at: number };

/** How long a session token is good. */
const LOG_SESSION_MS = 6 * 60 * 60 * 1000;
/** After a container has stopped its driver still sends the last batch. */
const RELEASE_GRACE_MS = 2 * 60 * 1000;

const sealToken = (grant: LogGrant, expiration: number): string => {
  const text = `${grant.id}.${expiration}`;
  return `${text}.${createHmac('sha256', grant.secretAccessKey).update(text).digest('base64url')}`;
};

const openToken = (grant: LogGrant, token: string, now: number): 'good' | 'expired' | 'forged' => {
  const expiration = Number(token.split('.')[1]);
  const expected = Buffer.from(Number.isSafeInteger(expiration) ? sealToken(grant, expiration) : '');
  const given = Buffer.from(token);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return 'forged';
  return expiration > now ? 'good' : 'expired';
};

const parseLines = (text: string): Line[] =>
  text.split('\n').flatMap((line) => {
    try {
      return line === '' ? [] : [JSON.parse(line) as Line];
    } catch {
      // The last line of a killed agent may be half: its container was not started yet.
      return [];
    }
  });

/** Opens the file of grants, made when it is not there. `now` is in milliseconds. */
export const openLogCredentials = async (path: string, now: () => number): Promise<LogCredentials> => {
  const byId = new Map<string, LogGrant>();
  const byKey = new Map<string, LogGrant>();
  const byContainer = new Map<string, LogGrant>();
  const released = new Map<string, number>();
  const containerKey = (taskArn: string, containerName: string): string => `${taskArn}\n${containerName}`;

  const add = (grant: LogGrant): void => {
    byId.set(grant.id, grant);
    byKey.set(grant.accessKeyId, grant);
    byContainer.set(containerKey(grant.taskArn, grant.containerName), grant);
  };
  const forgetReleased = (): void => {
    for (const [taskArn, at] of released) {
      if (at + RELEASE_GRACE_MS > now()) continue;
      released.delete(taskArn);
      for (const grant of [...byId.values()].filter((each) => each.taskArn === taskArn)) {
        byId.delete(grant.id);
        byKey.delete(grant.accessKeyId);
        byContainer.delete(containerKey(taskArn, grant.containerName));
      }
    }
  };

  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  for (const line of parseLines(await readFile(path, 'utf8').catch(() => ''))) {
    if (line.kind === 'issued') add(line.grant);
    else released.set(line.taskArn, line.at);
  }
  forgetReleased();
  const kept: Line[] = [
    ...[...byId.values()].map((grant) => ({ kind: 'issued', grant }) as const),
    ...[...released].map(([taskArn, at]) => ({ kind: 'released', taskArn, at }) as const),
  ];
  await writeFile(`${path}.new`, kept.map((line) => `${JSON.stringify(line)}\n`).join(''), { mode: 0o600 });
  await rename(`${path}.new`, path);
  // Appends that are not synced survive a killed agent; after a power loss the containers are gone as well.
  const append = (line: Line): void => appendFileSync(path, `${JSON.stringify(line)}\n`, { mode: 0o600 });

  return {
    issue: (taskArn, containerName, createGroup) => {
      const known = byContainer.get(containerKey(taskArn, containerName));
      if (known !== undefined) return known;
      const grant: LogGrant = {
        id: randomUUID(),
        taskArn,
        containerName,
        createGroup,
        accessKeyId: `ASIA${randomBytes(10).toString('hex').toUpperCase().slice(0, 16)}`,
        secretAccessKey: randomBytes(30).toString('base64'),
      };
      add(grant);
      append({ kind: 'issued', grant });
      return grant;
    },
    release: (taskArn) => {
      forgetReleased();
      if (released.has(taskArn) || ![...byContainer.values()].some((grant) => grant.taskArn === taskArn)) return;
      const at = now();
      released.set(taskArn, at);
      append({ kind: 'released', taskArn, at });
    },
    held: () =>
      [...new Set([...byId.values()].map(({ taskArn }) => taskArn))].filter((taskArn) => !released.has(taskArn)),
    answer: (id) => {
      forgetReleased();
      const grant = byId.get(id);
      if (grant === undefined) return undefined;
      const expiration = now() + LOG_SESSION_MS;
      return {
        RoleArn: '',
        AccessKeyId: grant.accessKeyId,
        SecretAccessKey: grant.secretAccessKey,
        Token: sealToken(grant, expiration),
        Expiration: new Date(expiration).toISOString().replace(/\.\d+Z$/, 'Z'),
      };
    },
    grant: (id) => byId.get(id),
    lookup: (accessKeyId, sessionToken) => {
      forgetReleased();
      const grant = byKey.get(accessKeyId);
      if (grant === undefined || sessionToken === undefined) return undefined;
      const verdict = openToken(grant, sessionToken, now());
      return verdict === 'good' ? grant : verdict === 'expired' ? 'expired' : undefined;
    },
  };
};
