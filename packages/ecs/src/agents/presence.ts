/**
 * Writes which container instances have an agent: `agentConnected` says that an ACS socket is open, or was a
 * moment ago. A server that restarts, or a socket that breaks, must not look like a lost machine: agents come
 * back within seconds, so `false` is written only after a time of grace without a socket.
 *
 * Invariant: a session may only say that its own agent is gone. Another session's id in the record means that
 * the agent is back, here or on another server.
 */
import type { ecs } from '@oreno/aws-wire';
import type { Log } from '@oreno/reconcile';
import type { Store } from '@oreno/store';
import { containerInstances } from '../records.ts';
import type { ContainerInstanceRecord } from '../records.ts';
import type { InstanceKey } from './instance-key.ts';
import { instanceKey } from './instance-key.ts';

export interface Presence {
  /** An ACS session holds the instance: written, and answered with the record; undefined when it was deleted. */
  connected(
    key: InstanceKey,
    sessionId: string,
    versionInfo: ecs.VersionInfo,
  ): Promise<ContainerInstanceRecord | undefined>;
  /** The session ended; the instance counts as connected until the grace is over. */
  gone(key: InstanceKey, sessionId: string): void;
  /** Gives every instance that the store believes connected the grace to come back. */
  start(): Promise<void>;
  stop(): void;
}

export interface PresenceOptions {
  readonly store: Store;
  readonly now: () => number;
  readonly log: Log;
  /** Milliseconds without a socket until an agent counts as disconnected. */
  readonly grace: number;
}

/** Opens the writer of `agentConnected`. */
export const openPresence = ({ store, now, log, grace }: PresenceOptions): Presence => {
  const timers = new Set<NodeJS.Timeout>();

  const disconnect = (key: InstanceKey, sessionId: string | undefined): Promise<void> =>
    store.update(async (transaction) => {
      const row = await transaction.get(containerInstances, instanceKey(key));
      if (row === undefined || !row.record.agentConnected || row.record.agentSessionId !== sessionId) return;
      await transaction.put(containerInstances, { ...row.record, agentConnected: false, agentConnectedAt: now() });
      log('warn', 'container agent disconnected', { containerInstanceArn: row.record.containerInstanceArn });
    });

  const later = (work: () => Promise<void>): void => {
    const timer = setTimeout(() => {
      timers.delete(timer);
      work().catch((error: unknown) => log('error', 'writing agentConnected failed', { error: String(error) }));
    }, grace);
    timer.unref();
    timers.add(timer);
  };

  return {
    connected: (key, sessionId, versionInfo) =>
      store.update(async (transaction) => {
        const row = await transaction.get(containerInstances, instanceKey(key));
        if (row === undefined || row.record.status === 'INACTIVE') return row?.record;
        const record: ContainerInstanceRecord = {
          ...row.record,
          agentConnected: true,
          agentConnectedAt: row.record.agentConnected ? row.record.agentConnectedAt : now(),
          agentSessionId: sessionId,
          versionInfo: { ...row.record.versionInfo, ...versionInfo },
        };
        await transaction.put(containerInstances, record);
        return record;
      }),
    gone: (key, sessionId) => later(() => disconnect(key, sessionId)),
    start: async () => {
      const rows = await store.read((transaction) => transaction.list(containerInstances));
      const connected = rows.filter(({ record }) => record.agentConnected);
      if (connected.length === 0) return;
      later(async () => {
        for (const { record } of connected) await disconnect(record, record.agentSessionId);
      });
    },
    stop: () => {
      for (const timer of timers) clearTimeout(timer);
      timers.clear();
    },
  };
};
