/**
 * Issues the credentials of tasks' roles and knows when each is to be sent anew. It remembers no secret: only,
 * for each credentials id, when what was sent last expires and whether an agent acknowledged it.
 *
 * Invariant: an id that nothing is known of is due, so a restarted server sends to agents what it cannot know
 * they have. Credentials are replaced at half of their life, hours before an SDK would ask for new ones.
 */
import type { RoleCredentials, RoleType } from './acs/messages.ts';
import type { RoleNeed } from './payload/role-needs.ts';

/** What the sessions of a task's roles are issued with. */
type SessionPolicy = 'AmazonECSTaskExecutionRolePolicy' | 'OwnTaskProtection';

interface IssuedSession {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** Milliseconds since the epoch. */
  readonly expiration: number;
}

export type IssueSession = (request: {
  readonly roleArn: string;
  readonly sessionName: string;
  readonly durationSeconds: number;
  readonly policies: readonly SessionPolicy[];
}) => IssuedSession | Promise<IssuedSession>;

export interface CredentialDesk {
  /** Fresh credentials for a role of a task, as the agent takes them; they count as sent from now on. */
  issue(need: RoleNeed, taskId: string): Promise<RoleCredentials>;
  /** An agent has the credentials that expire then (as it echoes it). */
  acknowledged(credentialsId: string, expiration: string): void;
  /** Whether credentials are to be sent: never sent, lost on the way, or past half of their life. */
  isDue(credentialsId: string): boolean;
  /** The task is over, or its agent has forgotten what it had. */
  forget(credentialsId: string): void;
}

interface Sent {
  readonly at: number;
  readonly expiration: number;
  readonly acknowledged: boolean;
}

/** Six hours, as ECS gives tasks. */
const lifetimeSeconds = 6 * 3_600;

/** Milliseconds until credentials that no agent acknowledged are sent again. */
const resendAfter = 60_000;

/** A task role's own policies come with IAM's roles; until then its sessions may protect their own task. */
const policiesOf: Readonly<Record<RoleType, readonly SessionPolicy[]>> = {
  TaskApplication: ['OwnTaskProtection'],
  TaskExecution: ['AmazonECSTaskExecutionRolePolicy'],
};

/** Opens the desk. */
export const openCredentialDesk = (issueSession: IssueSession, now: () => number): CredentialDesk => {
  const sent = new Map<string, Sent>();
  return {
    issue: async (need, taskId) => {
      const session = await issueSession({
        roleArn: need.roleArn,
        sessionName: taskId,
        durationSeconds: lifetimeSeconds,
        policies: policiesOf[need.roleType],
      });
      sent.set(need.credentialsId, { at: now(), expiration: session.expiration, acknowledged: false });
      return {
        credentialsId: need.credentialsId,
        roleArn: need.roleArn,
        accessKeyId: session.accessKeyId,
        secretAccessKey: session.secretAccessKey,
        sessionToken: session.sessionToken,
        expiration: new Date(session.expiration).toISOString(),
      };
    },
    acknowledged: (credentialsId, expiration) => {
      const last = sent.get(credentialsId);
      if (last === undefined || new Date(last.expiration).toISOString() !== expiration) return;
      sent.set(credentialsId, { ...last, acknowledged: true });
    },
    isDue: (credentialsId) => {
      const last = sent.get(credentialsId);
      if (last === undefined) return true;
      return last.acknowledged ? now() >= (last.at + last.expiration) / 2 : now() >= last.at + resendAfter;
    },
    forget: (credentialsId) => {
      sent.delete(credentialsId);
    },
  };
};
