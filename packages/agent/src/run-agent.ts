/** The second half of an agent's start: it finds its containers again and does its work from then on. */
import { randomBytes, randomUUID } from 'node:crypto';
import type { Agent, AgentOptions } from './agent-options.ts';
import type { Closing } from './closing.ts';
import { createAcsHandlers } from './control/acs-handlers.ts';
import { startAcsSession } from './control/acs-session.ts';
import { startStateSender } from './control/state-sender.ts';
import type { StateSender } from './control/state-sender.ts';
import { dropTaskCredentials } from './domain/agent-state.ts';
import { startEndpoints } from './endpoints/start-endpoints.ts';
import { createImageResolver } from './images/image-name.ts';
import { createPauseImage } from './images/pause-image.ts';
import { defaultPullTimings } from './images/pull-image.ts';
import { createRegistryAuthenticator } from './images/registry-auth.ts';
import type { Joined } from './join-cluster.ts';
import { cleanUp } from './lifecycle/cleanup.ts';
import { recoverContainers } from './lifecycle/recover.ts';
import { stopTasks } from './lifecycle/stop-tasks.ts';
import { createTaskDriver } from './lifecycle/task-driver.ts';
import type { TaskDriver } from './lifecycle/task-driver.ts';
import { watchEngine } from './lifecycle/watch-engine.ts';
import { createTaskNetworks } from './networks/awsvpc-network.ts';
import { recordImage } from './storage/keep-in-journal.ts';
import { startTelemetry } from './telemetry/start-telemetry.ts';
import { startStatsSampler } from './telemetry/stats-sampler.ts';

const HOUR = 3_600_000;

/** Starts every part; resolves once the old containers were found and the connections are on their way. */
export async function runAgent(options: AgentOptions, joined: Joined, closing: Closing): Promise<Agent> {
  const { runtime, journal, controlPlane, agentId } = joined;
  const { state, engine, log, now, signal } = runtime;
  const stats = closing.keep(startStatsSampler({ state, engine, log }));
  const { metadata: metadataPort, introspection: introspectionPort } = options.ports ?? {};
  const { hostRules } = options;
  closing.keep(await startEndpoints({ runtime, stats, metadataPort, introspectionPort, hostRules }));
  const sender = closing.keep(
    startStateSender({
      state,
      controlPlane,
      saved: journal.saved.reported,
      onTaken: (arn, reported) => journal.append({ kind: 'reported', arn, reported }),
      log,
    }),
  );
  const driver = closing.keep(startDriver(options, joined));
  closing.push(dropTaskCredentials(state));

  const recovery = { engine, state, driver, agentId, log, now };
  await recoverContainers(recovery, true);
  sender.resume();
  driver.wakeAll();
  const background = [watchEngine(recovery, signal), cleanUp(cleanupOf(options, joined, sender), signal)];
  closing.push(async () => {
    joined.abort();
    await Promise.allSettled(background);
  });
  const onMessage = createAcsHandlers({
    state,
    driver,
    makings: () => ({
      now: now(),
      cluster: runtime.cluster,
      uuid: randomUUID,
      hex: () => randomBytes(10).toString('hex'),
    }),
    durable: () => journal.flushed(),
    manifestTimeline: journal.saved.manifestTimeline,
    onManifest: (timeline) => journal.append({ kind: 'manifest', timeline }),
    log,
  });
  closing.keep(startAcsSession({ runtime, onMessage }));
  closing.keep(startTelemetry({ runtime, stats }));
  return {
    containerInstanceArn: state.identity.containerInstanceArn,
    state,
    stop: () => closing.closeAll(),
    stopTasks: () => stopTasks(state, driver),
  };
}

function startDriver(options: AgentOptions, joined: Joined): TaskDriver {
  const { runtime, agentId, journal, cgroups, spool } = joined;
  const { state, engine, endpoint, region, credentials, log, now } = runtime;
  return createTaskDriver({
    engine,
    state,
    agentId,
    cgroups,
    networks: createTaskNetworks(engine, agentId),
    logOptions: spool,
    registries: createRegistryAuthenticator({ endpoint, region, instanceCredentials: credentials, now }),
    resolveImage: createImageResolver(endpoint),
    pauseImage: createPauseImage(engine),
    pullTimings: options.pullTimings ?? defaultPullTimings,
    onUsed: (reference, image) => recordImage(journal, journal.saved.images, reference, image, now()),
    defaultStopTimeoutSeconds: options.defaultStopTimeoutSeconds ?? 30,
    log,
    now,
  });
}

function cleanupOf(options: AgentOptions, joined: Joined, sender: StateSender): Parameters<typeof cleanUp>[0] {
  const { runtime, journal, cgroups, spool } = joined;
  const { state, engine, log, now } = runtime;
  return {
    engine,
    state,
    cgroups,
    logOptions: spool,
    images: journal.saved.images,
    reported: (arn) => sender.reported(arn),
    onTaskRemoved: (arn) => {
      sender.forget(arn);
      journal.append({ kind: 'task-removed', arn });
    },
    onImageRemoved: (imageId) => journal.append({ kind: 'image-removed', imageId }),
    waitMs: options.cleanupWaitMs ?? 3 * HOUR,
    imageEveryMs: options.imageCleanupEveryMs ?? HOUR / 2,
    imageAgeMs: options.imageMinimumAgeMs ?? HOUR,
    imagesPerRound: 5,
    log,
    now,
  };
}
