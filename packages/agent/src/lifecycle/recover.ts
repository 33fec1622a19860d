/**
 * Finds the agent's containers on the engine again: at its start, when the engine came back, and from time to time.
 * A container that the state knows is looked at; one of this agent's that the state does not know is taken up from
 * its labels; one of an instance that this agent no longer is, is removed; those of other agents are not touched.
 */
import type { ContainerSummary, Engine } from '@oreno/engine';
import type { AgentState } from '../domain/agent-state.ts';
import type { Log } from '../domain/agent-runtime.ts';
import { adoptTask } from '../domain/adopt-task.ts';
import { deriveTask } from '../domain/derive-task.ts';
import { agentLabel, containerNameLabel, instanceLabel, taskArnLabel } from '../domain/labels.ts';
import type { TaskDriver } from './task-driver.ts';

export interface RecoverOptions {
  readonly engine: Engine;
  readonly state: AgentState;
  readonly driver: TaskDriver;
  readonly agentId: string;
  readonly log: Log;
  readonly now: () => number;
}

/** Every container on the engine that carries this agent's label, running or not. */
export const listOwnContainers = (engine: Engine, agentId: string): Promise<ContainerSummary[]> =>
  engine.containers.list({ all: true, filters: { label: [`${agentLabel}=${agentId}`] } });

/**
 * Brings the state to what the engine has.
 * @param adopt take up containers that the state does not know; only at the start, when no task is under way.
 */
export async function recoverContainers(options: RecoverOptions, adopt: boolean): Promise<void> {
  const found = await listOwnContainers(options.engine, options.agentId);
  if (adopt) await adoptUnknown(options, found);
  const names = new Set(found.flatMap(({ Names }) => Names.map((name) => name.slice(1))));
  for (const task of options.state.tasks.values()) {
    for (const { name, dockerId, dockerName, knownStatus } of task.containers) {
      // One whose create was answered by nobody is found by its name.
      const perhapsThere = dockerId !== undefined || names.has(dockerName);
      if (knownStatus !== 'STOPPED' && perhapsThere) options.driver.look(task.arn, name);
    }
  }
}

async function adoptUnknown(options: RecoverOptions, found: readonly ContainerSummary[]): Promise<void> {
  const { engine, state, log, now } = options;
  const unknown = new Map<string, ContainerSummary[]>();
  for (const summary of found) {
    if (isKnown(state, summary)) continue;
    if (summary.Labels[instanceLabel] !== state.identity.containerInstanceArn) {
      log('warn', 'removing a container of an instance that this agent no longer is', { container: summary.Names[0] });
      await engine.containers.remove(summary.Id, { force: true, volumes: true });
      continue;
    }
    const arn = summary.Labels[taskArnLabel] ?? '';
    unknown.set(arn, [...(unknown.get(arn) ?? []), summary]);
  }
  for (const [arn, summaries] of unknown) {
    const inspects = await Promise.all(summaries.map(({ Id }) => engine.containers.inspect(Id)));
    const task = adoptTask(arn, inspects, now());
    if (!task) continue;
    log('warn', 'taking up a task that the state does not know', { task: arn, containers: summaries.length });
    state.putTask(deriveTask(task, now()));
  }
}

function isKnown(state: AgentState, summary: ContainerSummary): boolean {
  const task = state.tasks.get(summary.Labels[taskArnLabel] ?? '');
  const container = task?.containers.find(({ name }) => name === summary.Labels[containerNameLabel]);
  return container !== undefined;
}
