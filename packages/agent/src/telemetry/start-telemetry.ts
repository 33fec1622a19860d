import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { AgentPart, AgentRuntime } from '../domain/agent-runtime.ts';
import type { TaskState } from '../domain/task-state.ts';
import type { StatsSampler } from './stats-sampler.ts';
import { connectTcs, type TcsConnection, type TcsEnd, tcsUrl } from './tcs-connection.ts';
import {
  healthMessages,
  type InstanceStatus,
  instanceStatusMessage,
  metricsMessages,
  taskHealths,
  taskMetric,
} from './tcs-messages.ts';
import { decideReconnect } from './tcs-reconnect.ts';

/**
 * Publishes what the instance measures to the control plane (TCS), for as long as the agent runs: metrics and health
 * every twenty seconds, health also when it changes, because deployments wait for it, and the state of the container
 * runtime when it changes and every minute. While there is no
 * connection the samples wait, as many as the sampler keeps.
 */
export interface TelemetryOptions {
  readonly runtime: AgentRuntime;
  readonly stats: Pick<StatsSampler, 'take'>;
  /** Milliseconds between two rounds; 20,000 when absent. */
  readonly intervalMs?: number | undefined;
  /** See {@link connectTcs}. */
  readonly silenceMs?: (() => number) | undefined;
}

const STATUS_MS = 60_000;
const PING_TIMEOUT_MS = 10_000;

interface RuntimeStatus {
  readonly status: InstanceStatus;
  readonly updatedAt: number;
  readonly changedAt: number;
}

const healthOf = (task: TaskState | undefined): string =>
  (task?.containers ?? []).map(({ health }) => health?.status ?? '').join();

/** Starts the telemetry; it connects by itself and again after each end. */
export const startTelemetry = (options: TelemetryOptions): AgentPart => {
  const { runtime, stats, intervalMs = 20_000 } = options;
  const { state, engine, log, now } = runtime;
  const stopping = new AbortController();
  let connection: TcsConnection | undefined;
  let status: RuntimeStatus = { status: 'INITIALIZING', updatedAt: now(), changedAt: now() };
  let statusSentAt = Number.NEGATIVE_INFINITY;

  const checkRuntime = async (): Promise<void> => {
    const found = await engine.ping({ timeoutMs: PING_TIMEOUT_MS, signal: stopping.signal }).then(
      () => 'OK' as const,
      () => 'IMPAIRED' as const,
    );
    const changed = found !== status.status;
    status = { status: found, updatedAt: now(), changedAt: changed ? now() : status.changedAt };
    if (changed) statusSentAt = Number.NEGATIVE_INFINITY;
  };

  const publish = async (to: TcsConnection): Promise<void> => {
    const credentials = await runtime.credentials();
    await checkRuntime();
    // Samples are taken only for a connection that still stands.
    if (connection !== to) return;
    const round = { id: randomUUID(), at: now() };
    const tasks = [...state.tasks.values()];
    const metrics = tasks.flatMap(
      (task) => taskMetric(task, ({ dockerId }) => (dockerId === undefined ? [] : stats.take(dockerId))) ?? [],
    );
    const messages = [
      ...metricsMessages(metrics, state.identity, round),
      ...healthMessages(taskHealths(tasks), state.identity, round),
    ];
    if (round.at - statusSentAt >= STATUS_MS) {
      messages.push(instanceStatusMessage(status, state.identity, round));
      statusSentAt = round.at;
    }
    for (const message of messages) to.send(message, credentials, round.at);
  };

  const publishUntilEnd = async (to: TcsConnection): Promise<void> => {
    while (connection === to && !stopping.signal.aborted) {
      await publish(to).catch((error: unknown) => log('debug', 'telemetry: a round failed', { error: String(error) }));
      await delay(intervalMs, undefined, { signal: stopping.signal });
    }
  };

  const connectOnce = async (): Promise<TcsEnd> => {
    const { telemetryEndpoint } = await runtime.discoverPollEndpoint();
    const opened = connectTcs({
      url: tcsUrl(telemetryEndpoint, state.identity),
      region: runtime.region,
      credentials: await runtime.credentials(),
      now,
      silenceMs: options.silenceMs,
      onOpen: () => {
        connection = opened;
        publishUntilEnd(opened).catch(() => undefined);
      },
    });
    const close = (): void => opened.close();
    stopping.signal.addEventListener('abort', close, { once: true });
    // It may have been stopped while the endpoint was asked for.
    if (stopping.signal.aborted) close();
    const end = await opened.ended;
    stopping.signal.removeEventListener('abort', close);
    if (connection === opened) connection = undefined;
    return end;
  };

  const run = async (): Promise<void> => {
    let stepMs = 0;
    while (!stopping.signal.aborted) {
      const end = await connectOnce().catch((error: unknown) => ({
        code: 1006,
        reason: String(error),
        openedAt: undefined,
      }));
      const next = decideReconnect(end, { now: now(), previousStepMs: stepMs, random: Math.random() });
      stepMs = next.stepMs;
      if (!stopping.signal.aborted) log('debug', 'telemetry: not connected', { ...end, delayMs: next.delayMs });
      await delay(next.delayMs, undefined, { signal: stopping.signal });
    }
  };

  const publishHealth = async (task: TaskState): Promise<void> => {
    const to = connection;
    if (to === undefined) return;
    const credentials = await runtime.credentials();
    const at = now();
    for (const message of healthMessages(taskHealths([task]), state.identity, { id: randomUUID(), at })) {
      to.send(message, credentials, at);
    }
  };
  const unsubscribe = state.onChange((change) => {
    if (change.kind !== 'task' || healthOf(change.task) === healthOf(change.previous)) return;
    publishHealth(change.task).catch((error: unknown) => {
      // The next round tells it.
      log('debug', 'telemetry: health not sent', { error: String(error) });
    });
  });

  const work = run().catch((error: unknown) => {
    if (!stopping.signal.aborted) log('error', 'telemetry: stopped', { error: String(error) });
  });
  return {
    stop: async () => {
      unsubscribe();
      stopping.abort();
      await work;
    },
  };
};
