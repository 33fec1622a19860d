/** The first half of an agent's start: its folder, its engine, and its place in the cluster. */
import { createHash } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { openEngine } from '@oreno/engine';
import type { EngineInfo, EngineVersion } from '@oreno/engine';
import type { AgentOptions } from './agent-options.ts';
import type { Closing } from './closing.ts';
import { openControlPlane } from './control/control-plane.ts';
import type { ControlPlane } from './control/control-plane.ts';
import { joinAs } from './control/join.ts';
import { createPollEndpoints } from './control/poll-endpoints.ts';
import type { Registration } from './control/register.ts';
import type { AgentRuntime } from './domain/agent-runtime.ts';
import { createAgentState } from './domain/agent-state.ts';
import { attributesOf, defaultReservedPorts, resourcesOf } from './domain/capabilities.ts';
import { machineMemory } from './lifecycle/machine-memory.ts';
import { openTaskCgroups } from './lifecycle/task-cgroup.ts';
import type { TaskCgroups } from './lifecycle/task-cgroup.ts';
import { untilEngineAnswers } from './lifecycle/watch-engine.ts';
import { startAgentLogSpool } from './logs/agent-log-spool.ts';
import type { AgentLogSpool } from './logs/agent-log-spool.ts';
import { openJournal } from './storage/journal.ts';
import type { Journal } from './storage/journal.ts';
import { keepInJournal } from './storage/keep-in-journal.ts';

/** An agent that is a container instance and has its old tasks in its state; nothing is done for them yet. */
export interface Joined {
  readonly runtime: AgentRuntime;
  readonly agentId: string;
  readonly journal: Journal;
  readonly controlPlane: ControlPlane;
  readonly cgroups: TaskCgroups;
  readonly spool: AgentLogSpool;
  /** Aborts the runtime's signal. */
  readonly abort: () => void;
}

const version = '0.1.0';
const hash = 'oreno';

/** Opens what the agent has and registers. */
export async function joinCluster(options: AgentOptions, closing: Closing): Promise<Joined> {
  const { log, dataDir, endpoint, region, cluster, credentials } = options;
  const now = options.now ?? Date.now;
  const stopping = new AbortController();
  const abort = () => stopping.abort();
  const signal = options.signal ? AbortSignal.any([options.signal, stopping.signal]) : stopping.signal;
  closing.push(abort);
  const agentId = await idOf(dataDir);
  const journal = await openJournal(join(dataDir, 'agent-state.ndjson'));
  closing.push(() => journal.close());
  // Drivers of containers that run already give a batch up after a second: before anything that may have to wait.
  const forward = { origin: endpoint, region, credentials };
  const spool = closing.keep(startAgentLogSpool({ dataDir, forward, log, now, port: options.ports?.logs }));
  const engine = openEngine({ socket: options.dockerHost ?? '/var/run/docker.sock' });
  closing.push(() => engine.close());
  const engineVersion = await untilEngineAnswers(engine, options.engineWaitMs ?? 30_000, signal);
  const seen = await engine.info({ signal });
  const info = { ...seen, MemTotal: await machineMemory(seen) };
  const cgroups = await openTaskCgroups(info);
  const controlPlane = openControlPlane({ endpoint, region, credentials, now });

  const { containerInstanceArn, availabilityZone } = await joinAs({
    ...offerOf(options, info, engineVersion, cgroups),
    engine,
    controlPlane,
    agentId,
    saved: journal.saved.instance,
    log,
    signal,
  });
  journal.append({ kind: 'instance', instance: { cluster, containerInstanceArn, availabilityZone } });
  await journal.flushed();

  const dockerVersion = engineVersion.Version;
  const state = createAgentState({ cluster, containerInstanceArn, availabilityZone, version, hash, dockerVersion });
  for (const task of journal.saved.tasks.values()) state.putTask(task);
  closing.push(keepInJournal(state, journal, log));
  closing.push(spool.follow(state));
  const discoverPollEndpoint = createPollEndpoints({ controlPlane, cluster, containerInstanceArn, log, now });
  const place = { endpoint, region, cluster, credentials, dataDir };
  const runtime = { ...place, state, engine, discoverPollEndpoint, log, now, signal };
  return { runtime, agentId, journal, controlPlane, cgroups, spool, abort };
}

/** Two agents on one machine have two folders: the folder's path makes the id that their containers carry. */
const idOf = async (dataDir: string): Promise<string> =>
  createHash('sha256')
    .update(await realpath(dataDir))
    .digest('hex')
    .slice(0, 12);

/** What this machine brings into the cluster. */
function offerOf(
  options: AgentOptions,
  info: EngineInfo,
  engineVersion: EngineVersion,
  cgroups: TaskCgroups,
): Omit<Registration, 'containerInstanceArn'> {
  const { availabilityZone } = options;
  const zone = availabilityZone === undefined ? {} : { 'ecs.availability-zone': availabilityZone };
  const machine = { info, version: engineVersion, taskLimits: cgroups.supported };
  return {
    cluster: options.cluster,
    attributes: attributesOf(machine, { ...zone, ...options.instanceAttributes }),
    totalResources: resourcesOf(info, {
      memory: options.reservedMemory ?? 0,
      tcpPorts: options.reservedPorts ?? defaultReservedPorts,
      udpPorts: options.reservedPortsUdp ?? [],
    }),
    tags: Object.entries(options.tags ?? {}).map(([key, value]) => ({ key, value })),
  };
}
