/**
 * `oreno demo`: the whole way of an image, by itself and with progress: into ECR, as three ECS tasks, their pages, their
 * logs, their ends. It leaves nothing behind, also when a step fails or the user interrupts it.
 */
import { randomBytes } from 'node:crypto';
import { openEngine, type Engine } from '@oreno/engine';
import { Listr } from 'listr2';
import { openClient, type Client } from '../client.ts';
import { openDataDir, requireNote, type RunningNote } from '../data-dir.ts';
import { buildDemoImage } from '../demo/image.ts';
import { checkEnds, readLogs, registerDemo, runTasks, visit, waitForStatus } from '../demo/steps.ts';
import { CommandFailure } from '../failure.ts';
import { defaults, dockerHost } from '../settings.ts';
import { abortable } from '../signals.ts';
import { stopTasks } from '../tasks.ts';

/** What the steps hand to each other, and what the clean-up needs to know. */
interface Demo {
  /** Aborted by the user's interrupt. */
  readonly signal: AbortSignal;
  readonly client: Client;
  readonly engine: Engine;
  readonly note: RunningNote;
  readonly cluster: string;
  readonly name: string;
  repository?: string;
  image?: string;
  taskDefinition?: string;
  tasks: readonly string[];
}

const taskCount = 3;

export const demo = (options: { readonly dataDir?: string }): Promise<void> =>
  abortable((signal) => runDemo(options, signal));

const runDemo = async (options: { readonly dataDir?: string }, signal: AbortSignal): Promise<void> => {
  const dataDir = openDataDir(options.dataDir);
  const note = requireNote(dataDir);
  const state: Demo = {
    signal,
    client: openClient(dataDir, note),
    engine: openEngine({ socket: dockerHost(undefined) }),
    note,
    cluster: note.cluster ?? defaults.cluster,
    name: `oreno-demo-${randomBytes(3).toString('hex')}`,
    tasks: [],
  };
  const started = Date.now();
  const renderer = process.stdout.isTTY ? 'default' : 'simple';
  let failure: unknown;
  try {
    const rendererOptions = { collapseSubtasks: false };
    // With listeners of its own it would end the process, and leave what was begun.
    const list = new Listr<Demo, typeof renderer>(steps.map(interruptible), {
      renderer,
      rendererOptions,
      registerSignalListeners: false,
    });
    await list.run(state);
  } catch (error) {
    failure = error;
  }
  if (signal.aborted) process.stderr.write('oreno: interrupted; removing what the demo made ...\n');
  const left = await cleanUp(state);
  state.engine.close();
  if (failure !== undefined) throw failureOf(failure, left);
  if (left.length > 0) throw new CommandFailure(`demo: it worked, but these could not be removed: ${left.join('; ')}`);
  process.stdout.write(
    `\nAll of it worked, in ${((Date.now() - started) / 1000).toFixed(1)} s, and nothing is left behind.\n`,
  );
};

/** What was wrong, and what of the demo is still there. */
const failureOf = (failure: unknown, left: readonly string[]): CommandFailure => {
  const reason = (failure as Error).message;
  const rest = left.length === 0 ? '' : `; these could not be removed: ${left.join('; ')}`;
  return new CommandFailure(`demo: ${reason}${rest}`, failure instanceof CommandFailure ? failure.exitCode : 1);
};

/** The step, unless the user interrupts: a call that was made is waited for, so that what it made is known. */
const interruptible = (step: Step): Step => ({
  ...step,
  task: async (state, task) => {
    const { signal } = state;
    try {
      signal.throwIfAborted();
      await step.task(state, task);
    } catch (error) {
      throw signal.aborted ? signal.reason : error;
    }
  },
});

interface Step {
  readonly title: string;
  readonly task: (state: Demo, task: { output: string; title: string }) => Promise<void>;
  readonly rendererOptions?: { readonly persistentOutput: boolean };
}

const steps: Step[] = [
  {
    title: 'Create a repository in ECR',
    async task(state, task) {
      const { repository } = await state.client.ecr('CreateRepository', { repositoryName: state.name });
      state.repository = repository?.repositoryUri ?? '';
      task.title += `: ${state.repository}`;
    },
  },
  {
    title: 'Build an image from a static program (nothing is pulled)',
    async task(state) {
      await buildDemoImage(state.engine, state.repository ?? '', '1');
      state.image = `${state.repository}:1`;
    },
  },
  { title: 'Push it with the token of GetAuthorizationToken', task: (state) => push(state) },
  {
    title: 'Register a task definition with the awslogs driver',
    async task(state) {
      state.taskDefinition = await registerDemo(state.client, state.name, state.image ?? '', state.note.region);
    },
  },
  {
    title: `Run ${taskCount} tasks and wait until they are RUNNING`,
    async task(state) {
      state.tasks = await runTasks(state.client, state.cluster, state.taskDefinition ?? '', taskCount);
      await waitForStatus(state.client, state.cluster, state.tasks, 'RUNNING', state.signal);
    },
  },
  {
    title: 'Visit each task through its host port',
    rendererOptions: { persistentOutput: true },
    async task(state, task) {
      task.output = (
        await visit(
          await waitForStatus(state.client, state.cluster, state.tasks, 'RUNNING', state.signal),
          state.signal,
        )
      ).join('\n');
    },
  },
  {
    title: 'Read the lines of all of them in CloudWatch Logs',
    rendererOptions: { persistentOutput: true },
    async task(state, task) {
      task.output = (await readLogs(state.client, `/ecs/${state.name}`, taskCount, state.signal)).join('\n');
    },
  },
  {
    title: 'Stop them and check exit codes and reasons',
    async task(state) {
      for (const task of state.tasks)
        await state.client.ecs('StopTask', { cluster: state.cluster, task, reason: 'The demo is over' });
      checkEnds(await waitForStatus(state.client, state.cluster, state.tasks, 'STOPPED', state.signal));
    },
  },
];

const push = async (state: Demo): Promise<void> => {
  const { authorizationData = [] } = await state.client.ecr('GetAuthorizationToken', {});
  const [username = '', password = ''] = Buffer.from(authorizationData[0]?.authorizationToken ?? '', 'base64')
    .toString()
    .split(':');
  await state.engine.images.push(state.image ?? '', { auth: { username, password } });
};

// Every removal is tried, whatever became of the others; what stays is told.
const cleanUp = async (state: Demo): Promise<readonly string[]> => {
  const { client, cluster, name, taskDefinition, image, tasks, repository } = state;
  const left: string[] = [];
  const attempt = async (what: string, remove: () => Promise<unknown>): Promise<void> => {
    await remove().catch((error: unknown) => left.push(`${what} (${(error as Error).message})`));
  };
  if (tasks.length > 0) {
    await attempt('tasks', () => stopTasks(client, cluster, tasks, 'The demo is over'));
    await attempt('the log group', () => client.logs('DeleteLogGroup', { logGroupName: `/ecs/${name}` }));
  }
  if (taskDefinition !== undefined) {
    await attempt('the task definition', async () => {
      await client.ecs('DeregisterTaskDefinition', { taskDefinition });
      await client.ecs('DeleteTaskDefinitions', { taskDefinitions: [taskDefinition] });
    });
  }
  if (repository !== undefined)
    await attempt('the repository', () => client.ecr('DeleteRepository', { repositoryName: name, force: true }));
  if (image !== undefined) await attempt('the image', () => removeImage(state, image));
  return left;
};

// Stopped containers that still name the image belong to the agent, which removes them in its own time.
const removeImage = async ({ engine }: Demo, image: string): Promise<void> => {
  const containers = await engine.containers.list({ all: true, filters: { ancestor: [image] } });
  for (const container of containers) await engine.containers.remove(container.Id, { force: true, volumes: true });
  await engine.images.remove(image, { force: true });
};
