/**
 * Finds the agent's containers on the engine again: at its start, when the engine came back, and from time to time.
 * A container that the state knows is looked at; one of this agent's that the state does not know is taken up from
 * its labels; one of an instance that this agent no longer is, is removed; those of other agents are not touched.
 */
import { isNotFound } from '@oreno/engine';
import type { ContainerInspect, ContainerSummary, Engine } from '@oreno/engine';
import type { AgentState } from '../domain/agent-state.ts';
import type { Log } from '../domain/agent-runtime.ts';
import { adoptTask } from '../domain/adopt-task.ts';
import { deriveTask } from '../domain/derive-task.ts';
import { agentLabel, containerNameLabel, instanceLabel, taskArnLabel } from '../domain/labels.ts';
import { observations } from '../domain/observe-container.ts';
import { vanished } from './perform-step.ts';
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
  const byName = new Map(found.flatMap((summary) => summary.Names.map((name) => [name.slice(1), summary] as const)));
  const byId = new Map(found.map((summary) => [summary.Id, summary]));
  const known = [...options.state.tasks.values()].flatMap((task) =>
    task.containers.filter(({ knownStatus }) => knownStatus !== 'STOPPED').map((container) => ({ task, container })),
  );
  for (const { task, container } of known) {
    const there = byId.get(container.dockerId ?? '') ?? byName.get(container.dockerName);
    if (there) await lookAt(options, task.arn, container.name, there.Id);
    else if (container.dockerId !== undefined)
      await confirmVanished(options, task.arn, container.name, container.dockerId);
  }
}

/** Looks at one container and applies what is seen. A container that is gone is said to have vanished. */
export async function lookAt(
  { engine, driver }: Pick<RecoverOptions, 'engine' | 'driver'>,
  arn: string,
  name: string,
  dockerId: string,
): Promise<void> {
  let inspect: ContainerInspect;
  try {
    inspect = await engine.containers.inspect(dockerId);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    driver.apply(arn, vanished(name));
    return;
  }
  for (const change of observations(name, inspect)) driver.apply(arn, change);
}

/** The list may be older than a create that was under way: the container itself is asked. */
const confirmVanished = (options: RecoverOptions, arn: string, name: string, dockerId: string): Promise<void> =>
  lookAt(options, arn, name, dockerId);

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
