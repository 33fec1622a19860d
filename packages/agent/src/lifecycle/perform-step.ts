/**
 * The one effect of each kind of step. An effect calls the engine and answers with what that changed; a
 * ContainerFailure says that the container cannot go on, any other error that the step is to be tried again.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { EngineError, isEngineAway, isNotFound } from '@oreno/engine';
import { ContainerFailure } from '../domain/container-failure.ts';
import type { ContainerStep } from '../domain/decide-container-step.ts';
import { changeContainer, deriveTask } from '../domain/derive-task.ts';
import { observations } from '../domain/observe-container.ts';
import type { TaskState } from '../domain/task-state.ts';
import { pauseImage } from '../images/pause-image.ts';
import { pullImage } from '../images/pull-image.ts';
import { createContainer } from './create-container.ts';
import type { TaskChange } from '../domain/observe-container.ts';
import type { StepTools, Work } from './step-context.ts';

/** What is decided, and looking at a container, which events ask for. */
export type TakenStep = Exclude<ContainerStep, { kind: 'none' }> | { readonly kind: 'look' };

type Effects = {
  readonly [Kind in TakenStep['kind']]: (
    tools: StepTools,
    work: Work,
    step: Extract<TakenStep, { kind: Kind }>,
  ) => Promise<readonly TaskChange[]>;
};

const START_LIMIT_MS = 3 * 60_000;

const effects: Effects = {
  pull: (tools, work) => (work.container.type === 'NORMAL' ? pull(tools, work) : makePauseImage(tools, work)),
  create: async (tools, work) => [await createContainer(tools, work)],
  start: (tools, work) => start(tools, work),
  restart: (tools, work) => restart(tools, work),
  look,
  stop: (tools, work, { timeoutSeconds }) => stop(tools, work, timeoutSeconds),
  settle: (_tools, { container }, { reason }) =>
    Promise.resolve([
      (task, now) =>
        changeContainer(
          task,
          container.name,
          { knownStatus: 'STOPPED', restartDue: false, reason: container.reason ?? reason },
          now,
        ),
    ]),
};

/** Performs one step. Resolves with the changes to apply in their order. */
export const performStep = (tools: StepTools, work: Work, step: TakenStep): Promise<readonly TaskChange[]> =>
  (effects[step.kind] as (tools: StepTools, work: Work, step: TakenStep) => Promise<readonly TaskChange[]>)(
    tools,
    work,
    step,
  );

async function pull(tools: StepTools, { task, container, signal }: Work): Promise<readonly TaskChange[]> {
  const { definition } = container;
  const authentication = definition.registryAuthentication;
  const image = tools.resolveImage(definition);
  const startedAt = tools.now();
  const execution = task.executionCredentialsId;
  const executionCredentials = execution === undefined ? undefined : tools.state.credentials.get(execution);
  const auth = authentication && (await tools.registries.authFor(image, authentication, executionCredentials, signal));
  const registryOrigin = originOfRegistry(image, authentication?.ecrAuthData?.endpointOverride);
  const pulled = await pullImage(tools.engine, { image, auth, registryOrigin, signal }, tools.pullTimings).catch(
    (error: unknown) => {
      // The next attempt is to ask for a fresh token: this one may be what was refused.
      if (authentication) tools.registries.forget(authentication);
      if (error instanceof ContainerFailure) error.pullStartedAt = startedAt;
      throw error;
    },
  );
  tools.onUsed(image, pulled);
  const patch = { image, imageId: pulled.imageId, imageDigest: pulled.digest, knownStatus: 'PULLED' } as const;
  return [
    (current, now) => {
      const changed = changeContainer(current, container.name, patch, now);
      return pulled.fromRegistry ? withPullTimes(changed, startedAt, now) : changed;
    },
  ];
}

/** A task's pull lasts from its first image's begin to its last one's end. */
const withPullTimes = (task: TaskState, startedAt: number, now: number): TaskState => ({
  ...task,
  pullStartedAt: Math.min(task.pullStartedAt ?? startedAt, startedAt),
  pullStoppedAt: now,
});

/** Where a registry of the control plane answers: it is the endpoint itself when the image's host is that one's. */
function originOfRegistry(image: string, endpoint: string | undefined): string | undefined {
  if (endpoint === undefined || !URL.canParse(endpoint)) return undefined;
  const { host, origin } = new URL(endpoint);
  return image.startsWith(`${host}/`) ? origin : undefined;
}

async function makePauseImage(tools: StepTools, { container }: Work): Promise<readonly TaskChange[]> {
  const imageId = await tools.pauseImage();
  return [
    (task, now) => changeContainer(task, container.name, { image: pauseImage, imageId, knownStatus: 'PULLED' }, now),
  ];
}

async function start(tools: StepTools, work: Work): Promise<readonly TaskChange[]> {
  const id = dockerIdOf(work);
  try {
    await tools.engine.containers.start(id, { signal: work.signal, timeoutMs: START_LIMIT_MS });
  } catch (error) {
    if (!isEngineAway(error)) throw await startFailure(tools, id, error);
    await untilEngineAnswers(tools, work.signal);
    // It may have run and ended while the engine was away: started again it would run twice.
    const { State } = await tools.engine.containers.inspect(id, { signal: work.signal });
    if (State.Status === 'created') throw error;
  }
  return observations(work.container.name, await tools.engine.containers.inspect(id, { signal: work.signal }));
}

async function untilEngineAnswers(tools: StepTools, signal: AbortSignal): Promise<void> {
  for (;;) {
    try {
      return await tools.engine.ping({ signal });
    } catch (error) {
      if (!isEngineAway(error)) throw error;
    }
    await sleep(250, undefined, { signal });
  }
}

async function startFailure(tools: StepTools, id: string, error: unknown): Promise<unknown> {
  if (!(error instanceof EngineError) || error.kind === 'connection') return error;
  if (error.kind === 'response')
    return new ContainerFailure('CannotStartContainerError', `Error response from daemon: ${error.message}`, {
      cause: error,
    });
  // Nobody knows whether it runs: it must not.
  await tools.engine.containers.kill(id, 'SIGKILL').catch(() => {});
  return new ContainerFailure('DockerTimeoutError', 'Could not transition to started; timed out after waiting 3m0s');
}

async function restart(tools: StepTools, work: Work): Promise<readonly TaskChange[]> {
  const { container } = work;
  const started = await start(tools, work);
  const restarted: TaskChange = (task, now) => {
    const current = task.containers.find(({ name }) => name === container.name);
    // A short run may have ended, and been seen to, before the engine answered the start: that end stays due.
    const endedAgain = current?.startedAt !== container.startedAt;
    return changeContainer(
      task,
      container.name,
      { lastRestartAt: now, ...(!endedAgain && { restartDue: false }) },
      now,
    );
  };
  return [restarted, ...started];
}

async function stop(tools: StepTools, work: Work, timeoutSeconds: number): Promise<readonly TaskChange[]> {
  const { container, signal } = work;
  const id = dockerIdOf(work);
  try {
    await tools.engine.containers.stop(id, timeoutSeconds, { signal });
    return observations(container.name, await tools.engine.containers.inspect(id, { signal }));
  } catch (error) {
    if (isNotFound(error)) return [vanished(container.name)];
    throw error;
  }
}

/** What the engine has now. One that was created and is gone has vanished; one that was not is not missed. */
async function look(tools: StepTools, work: Work): Promise<readonly TaskChange[]> {
  const { container, signal } = work;
  try {
    return observations(container.name, await tools.engine.containers.inspect(dockerIdOf(work), { signal }));
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return container.dockerId === undefined ? [] : [vanished(container.name)];
  }
}

/** What is said of a container that is gone from the engine. */
const vanished =
  (name: string): TaskChange =>
  (task, now) => {
    const failure = new ContainerFailure('ContainerVanishedError', 'No such container');
    return changeContainer(task, name, { knownStatus: 'STOPPED', reason: failure.reason, finishedAt: now }, now);
  };

/** What a failure for good makes of the container; nobody is shown a pause container, so there it is the task's reason. */
export const failed =
  (name: string, failure: ContainerFailure): TaskChange =>
  (task, now) => {
    const internal = task.containers.some((container) => container.name === name && container.type !== 'NORMAL');
    const told = internal ? { ...task, reason: task.reason ?? failure.reason } : task;
    const stopped = changeContainer(told, name, { knownStatus: 'STOPPED', reason: failure.reason }, now);
    const { pullStartedAt } = failure;
    return pullStartedAt === undefined ? stopped : withPullTimes(stopped, pullStartedAt, now);
  };

/** What a failure of the task's own resources makes of the task. */
export const taskFailed =
  (reason: string): TaskChange =>
  (task, now) =>
    deriveTask({ ...task, desiredStatus: 'STOPPED', reason: task.reason ?? reason }, now);

const dockerIdOf = ({ container }: Work): string => container.dockerId ?? container.dockerName;
