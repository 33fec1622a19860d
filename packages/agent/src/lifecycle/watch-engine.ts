/**
 * Follows the engine: what its events tell of the agent's containers goes into the state, and each time the stream
 * stands again everything is looked at anew.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { agentLabel, containerNameLabel, taskArnLabel } from '../domain/labels.ts';
import { isEngineAway } from '@oreno/engine';
import type { Engine, EngineEvent, EngineVersion } from '@oreno/engine';
import { recoverContainers } from './recover.ts';
import type { RecoverOptions } from './recover.ts';

/** Besides the events, everything is looked at this often (as Amazon's agent does). */
const LOOK_AROUND_MS = 5 * 60_000;

/** Actions after which a container is looked at; `health_status` comes with its value behind a colon. */
const telling = new Set(['die', 'stop', 'destroy', 'oom', 'start', 'health_status', 'pause', 'unpause']);

/** Waits for an engine that is starting; throws what it says when it does not answer in time. */
export async function untilEngineAnswers(engine: Engine, waitMs: number, signal: AbortSignal): Promise<EngineVersion> {
  for (const giveUpAt = Date.now() + waitMs; ; await sleep(250, undefined, { signal })) {
    try {
      return await engine.version({ signal, timeoutMs: 10_000 });
    } catch (error) {
      if (!isEngineAway(error) || Date.now() > giveUpAt) throw error;
    }
  }
}

/** Follows until the signal fires. */
export async function watchEngine(options: RecoverOptions, signal: AbortSignal): Promise<void> {
  await Promise.all([followEvents(options, signal), lookAround(options, signal)]);
}

async function followEvents(options: RecoverOptions, signal: AbortSignal): Promise<void> {
  const { engine, agentId, log } = options;
  const filters = { type: ['container'], label: [`${agentLabel}=${agentId}`] };
  for await (const item of engine.events({ filters, signal })) {
    if (item.kind === 'disconnected')
      log('warn', 'the Docker Engine is away; its containers are found again when it is back', {
        error: item.error.message,
      });
    else if (item.kind === 'event') lookAfter(options, item.event);
    else {
      if (item.again) log('info', 'the Docker Engine is back');
      await settled(options, recoverContainers(options, false));
    }
  }
}

function lookAfter(options: RecoverOptions, event: EngineEvent): void {
  const action = event.Action.split(':', 1)[0] ?? '';
  if (!telling.has(action)) return;
  const { Attributes: attributes, ID } = event.Actor;
  const task = options.state.tasks.get(attributes[taskArnLabel] ?? '');
  const container = task?.containers.find(({ name }) => name === attributes[containerNameLabel]);
  if (!task || !container || container.knownStatus === 'STOPPED' || (container.dockerId ?? ID) !== ID) return;
  // The start call's own answer tells of the start.
  if (action === 'start' && container.knownStatus !== 'RUNNING') return;
  options.driver.look(task.arn, container.name);
}

async function lookAround(options: RecoverOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await sleep(LOOK_AROUND_MS, undefined, { signal }).catch(() => {});
    if (!signal.aborted) await settled(options, recoverContainers(options, false));
  }
}

/** A look that failed is made again with the next event, connection or round. */
const settled = (options: RecoverOptions, work: Promise<void>): Promise<void> =>
  work.catch((error: unknown) => {
    options.log('warn', 'cannot look at the containers', { error: String(error) });
  });
