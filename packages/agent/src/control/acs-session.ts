/** Keeps a connection to ACS for as long as the agent runs, with the pauses that the protocol asks for. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { AgentPart, AgentRuntime } from '../domain/agent-runtime.ts';
import type { Envelope } from '../protocol/acs-messages.ts';
import { runAcsConnection } from './acs-connection.ts';
import type { AcsEnd, AcsSend } from './acs-connection.ts';
import { createBackoff } from './backoff.ts';

export interface AcsSessionOptions {
  readonly runtime: Pick<AgentRuntime, 'state' | 'region' | 'credentials' | 'discoverPollEndpoint' | 'log' | 'now'>;
  readonly onMessage: (envelope: Envelope, send: AcsSend) => boolean;
}

/** Close codes after which the agent comes back at once. */
const orderly = new Set([1000, 1001, 1006, 1011]);
/** A connection that stood for less is no reason to hurry back. */
const BRIEF_MS = 2_000;
const HOUR = 3_600_000;

/** Connects now and again after each end, until it is stopped. */
export function startAcsSession({ runtime, onMessage }: AcsSessionOptions): AgentPart {
  const { log } = runtime;
  const stopping = new AbortController();
  const { signal } = stopping;
  let connectedOnce = false;

  const connect = async (): Promise<AcsEnd> => {
    try {
      const { endpoint } = await runtime.discoverPollEndpoint();
      return await runAcsConnection({
        endpoint,
        identity: runtime.state.identity,
        region: runtime.region,
        credentials: await runtime.credentials(),
        sendCredentials: !connectedOnce,
        onMessage,
        onOpen: () => {
          connectedOnce = true;
          log('info', 'connected to the control plane', { endpoint });
        },
        log,
        now: runtime.now,
        signal,
      });
    } catch (error) {
      return { code: 0, reason: error instanceof Error ? error.message : String(error), stood: 0 };
    }
  };

  const run = async (): Promise<void> => {
    // Amazon's agent waits up to two minutes; a server that starts again on the same machine is back sooner.
    const backoff = createBackoff({ firstMs: 250, factor: 1.5, longestMs: 10_000, jitter: 0.2 });
    while (!signal.aborted) {
      const end = await connect();
      if (signal.aborted) return;
      log(end.code === 0 ? 'warn' : 'info', 'the connection to the control plane ended', { ...end });
      if (end.refusal === 'InactiveInstanceException') {
        log('error', 'this container instance was deregistered; the agent looks again in an hour');
        await sleep(HOUR, undefined, { signal }).catch(() => {});
      } else if (orderly.has(end.code) && end.stood > BRIEF_MS) backoff.reset();
      else await backoff.wait(signal);
    }
  };

  const running = run();
  return {
    async stop() {
      stopping.abort();
      await running;
    },
  };
}
