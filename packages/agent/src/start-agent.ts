/**
 * The agent put together: its folder and journal, the engine, joining the cluster, finding its containers again, and
 * everything that runs from then on.
 */
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { openEngine } from '@oreno/engine';
import type { Agent, AgentOptions } from './agent-options.ts';
import { createAcsHandlers } from './control/acs-handlers.ts';
import { startAcsSession } from './control/acs-session.ts';
import { openControlPlane } from './control/control-plane.ts';
import { joinAs } from './control/join.ts';
import { createPollEndpoints } from './control/poll-endpoints.ts';
import { startStateSender } from './control/state-sender.ts';
import type { AgentPart, AgentRuntime } from './domain/agent-runtime.ts';
import { createAgentState } from './domain/agent-state.ts';
import { attributesOf, defaultReservedPorts, resourcesOf } from './domain/capabilities.ts';
import { startEndpoints } from './endpoints/start-endpoints.ts';
import { createImageResolver } from './images/image-name.ts';
import { createPauseImage } from './images/pause-image.ts';
import { defaultPullTimings } from './images/pull-image.ts';
import { createRegistryAuthenticator } from './images/registry-auth.ts';
import { cleanUp } from './lifecycle/cleanup.ts';
import { recoverContainers } from './lifecycle/recover.ts';
import { stopTasks } from './lifecycle/stop-tasks.ts';
import { openTaskCgroups } from './lifecycle/task-cgroup.ts';
import { createTaskDriver } from './lifecycle/task-driver.ts';
import { untilEngineAnswers, watchEngine } from './lifecycle/watch-engine.ts';
import { startAgentLogSpool } from './logs/agent-log-spool.ts';
import { createTaskNetworks } from './networks/awsvpc-network.ts';
import { lockDataDir } from './storage/data-dir-lock.ts';
import { openJournal } from './storage/journal.ts';
import { keepInJournal, recordImage } from './storage/keep-in-journal.ts';
import { startTelemetry } from './telemetry/start-telemetry.ts';
import { startStatsSampler } from './telemetry/stats-sampler.ts';

const version = '0.1.0';
const hash = 'oreno';
const HOUR = 3_600_000;

/**
 * Joins the cluster and resolves once the container instance is registered and connecting. Rejects when the data
 * folder is in use, the engine does not answer, or the control plane refuses the instance.
 */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  const unlock = await lockDataDir(options.dataDir);
  const closing: (() => Promise<void> | void)[] = [unlock];
  const closeAll = async () => {
    for (const close of closing.splice(0).toReversed()) await close();
  };
  try {
    return await joinCluster(options, closing, closeAll);
  } catch (error) {
    await closeAll();
    throw error;
  }
}

async function joinCluster(
  options: AgentOptions,
  closing: (() => Promise<void> | void)[],
  closeAll: () => Promise<void>,
): Promise<Agent> {
  const { log, dataDir, endpoint, region, cluster, credentials } = options;
  const now = options.now ?? Date.now;
  const stopping = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stopping.signal]) : stopping.signal;
  closing.push(() => stopping.abort());
  const agentId = createHash('sha256')
    .update(await realpath(dataDir))
    .digest('hex')
    .slice(0, 12);
  const journal = await openJournal(join(dataDir, 'agent-state.ndjson'));
  closing.push(() => journal.close());
  const keep = <Part extends AgentPart>(part: Part): Part => {
    closing.push(() => part.stop());
    return part;
  };
  // Drivers of containers that run already give a batch up after a second: before anything that may have to wait.
  const spool = keep(
    startAgentLogSpool({
      dataDir,
      forward: { origin: endpoint, region, credentials },
      log,
      now,
      port: options.ports?.logs,
    }),
  );
  const engine = openEngine({ socket: options.dockerHost ?? '/var/run/docker.sock' });
  closing.push(() => engine.close());
  const engineVersion = await untilEngineAnswers(engine, options.engineWaitMs ?? 30_000, signal);
  const info = await engine.info({ signal });
  const cgroups = await openTaskCgroups(info);
  const controlPlane = openControlPlane({ endpoint, region, credentials, now });

  const registered = await joinAs({
    engine,
    controlPlane,
    agentId,
    saved: journal.saved.instance,
    cluster,
    attributes: attributesOf(
      { info, version: engineVersion, taskLimits: cgroups.supported },
      {
        ...(options.availabilityZone === undefined ? {} : { 'ecs.availability-zone': options.availabilityZone }),
        ...options.instanceAttributes,
      },
    ),
    totalResources: resourcesOf(info, {
      memory: options.reservedMemory ?? 0,
      tcpPorts: options.reservedPorts ?? defaultReservedPorts,
      udpPorts: options.reservedPortsUdp ?? [],
    }),
    tags: Object.entries(options.tags ?? {}).map(([key, value]) => ({ key, value })),
    log,
    signal,
  });
  const { containerInstanceArn, availabilityZone } = registered;
  journal.append({ kind: 'instance', instance: { cluster, containerInstanceArn, availabilityZone } });
  await journal.flushed();

  const dockerVersion = engineVersion.Version;
  const state = createAgentState({ cluster, containerInstanceArn, availabilityZone, version, hash, dockerVersion });
  for (const task of journal.saved.tasks.values()) state.putTask(task);
  const unlisten = keepInJournal(state, journal, log);
  closing.push(unlisten);
  closing.push(spool.follow(state));

  const runtime: AgentRuntime = {
    state,
    engine,
    endpoint,
    region,
    cluster,
    credentials,
    discoverPollEndpoint: createPollEndpoints({ controlPlane, cluster, containerInstanceArn, log, now }),
    dataDir,
    log,
    now,
    signal,
  };
  const stats = keep(startStatsSampler({ state, engine, log }));
  keep(
    await startEndpoints({
      runtime,
      stats,
      metadataPort: options.ports?.metadata,
      introspectionPort: options.ports?.introspection,
      hostRules: options.hostRules,
    }),
  );

  const images = journal.saved.images;
  const sender = keep(
    startStateSender({
      state,
      controlPlane,
      saved: journal.saved.reported,
      onTaken: (arn, reported) => journal.append({ kind: 'reported', arn, reported }),
      log,
    }),
  );
  const driver = keep(
    createTaskDriver({
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
      onPulled: (reference, image) => recordImage(journal, images, reference, image, now()),
      defaultStopTimeoutSeconds: options.defaultStopTimeoutSeconds ?? 30,
      log,
      now,
    }),
  );

  await recoverContainers({ engine, state, driver, agentId, log, now }, true);
  sender.resume();
  driver.wakeAll();
  const background = [
    watchEngine({ engine, state, driver, agentId, log, now }, signal),
    cleanUp(
      {
        engine,
        state,
        cgroups,
        logOptions: spool,
        images,
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
      },
      signal,
    ),
  ];
  closing.push(async () => {
    stopping.abort();
    await Promise.allSettled(background);
  });
  const onMessage = createAcsHandlers({
    state,
    driver,
    makings: () => ({ now: now(), cluster, uuid: randomUUID, hex: () => randomBytes(10).toString('hex') }),
    durable: () => journal.flushed(),
    manifestTimeline: journal.saved.manifestTimeline,
    onManifest: (timeline) => journal.append({ kind: 'manifest', timeline }),
    log,
  });
  keep(startAcsSession({ runtime, onMessage }));
  keep(startTelemetry({ runtime, stats }));
  return { containerInstanceArn, state, stop: closeAll, stopTasks: () => stopTasks(state, driver) };
}
