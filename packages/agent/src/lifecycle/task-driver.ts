/**
 * Drives every task: whenever anything of a task changed it decides for each of its containers and performs the
 * steps, one at a time for a container, at once for different ones. It may be stopped at any instant; a new driver
 * over the same state goes on where the engine is.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { EngineError } from '@oreno/engine';
import { ContainerFailure, TaskFailure } from '../domain/container-failure.ts';
import type { ContainerFailureName } from '../domain/container-failure.ts';
import { decideContainerStep } from '../domain/decide-container-step.ts';
import type { ContainerStep } from '../domain/decide-container-step.ts';
import { deriveTask } from '../domain/derive-task.ts';
import type { ContainerState, TaskState } from '../domain/task-state.ts';
import { failed, performStep, taskFailed } from './perform-step.ts';
import type { TakenStep } from './perform-step.ts';
import { createTaskVolumes } from './task-volumes.ts';
import type { TaskChange } from '../domain/observe-container.ts';
import type { StepTools } from './step-context.ts';

export interface TaskDriver {
  /** Applies a change to a task as it is now, and looks what is to be done next. */
  apply(arn: string, change: TaskChange): void;
  /** Looks at a container on the engine, after the step that it is taking and before its next. */
  look(arn: string, name: string): void;
  wake(arn: string): void;
  wakeAll(): void;
  /** Ends what is under way and starts nothing more; containers are left as they are. */
  stop(): Promise<void>;
}

export interface DriverOptions extends StepTools {
  readonly defaultStopTimeoutSeconds: number;
}

interface Flight {
  readonly step: TakenStep;
  readonly abort: AbortController;
  readonly done: Promise<void>;
}

interface TaskFlights {
  readonly flights: Map<string, Flight>;
  /** Containers to look at; one at a time with their steps, so that no older look follows a newer. */
  readonly toLookAt: Set<string>;
  /** Volumes and cgroup, once for the task. */
  prepared: Promise<void> | undefined;
  timer: NodeJS.Timeout | undefined;
  attempts: number;
}

const lookFirst: TakenStep = { kind: 'look' };
const LONGEST_RETRY_MS = 15_000;

/** What a payload that made no sense comes to; the end of a container is tried for ever instead. */
const failureNames: { readonly [Kind in TakenStep['kind']]?: ContainerFailureName } = {
  pull: 'CannotPullContainerError',
  create: 'CannotCreateContainerError',
  start: 'CannotStartContainerError',
  restart: 'CannotStartContainerError',
};

export function createTaskDriver(options: DriverOptions): TaskDriver {
  const { state, log, now } = options;
  const tasks = new Map<string, TaskFlights>();
  const awake = new Set<string>();
  const stopping = new AbortController();
  let stopped = false;

  const flightsOf = (arn: string): TaskFlights => {
    const existing = tasks.get(arn);
    if (existing) return existing;
    const created: TaskFlights = {
      flights: new Map(),
      toLookAt: new Set(),
      prepared: undefined,
      timer: undefined,
      attempts: 0,
    };
    tasks.set(arn, created);
    return created;
  };

  const wake = (arn: string): void => {
    if (stopped || awake.has(arn)) return;
    awake.add(arn);
    queueMicrotask(() => {
      awake.delete(arn);
      drive(arn);
    });
  };

  const apply = (arn: string, change: TaskChange): void => {
    const task = state.tasks.get(arn);
    if (!task || stopped) return;
    const changed = change(task, now());
    if (changed !== task) state.putTask(changed);
    wake(arn);
  };

  const drive = (arn: string): void => {
    const task = state.tasks.get(arn);
    if (stopped || !task) return forget(arn);
    const own = flightsOf(arn);
    let wakeAt: number | undefined;
    for (const container of task.containers) {
      const flight = own.flights.get(container.name);
      if (flight) {
        // Only a pull may be broken off: what it leaves behind is no container.
        if (flight.step.kind === 'pull' && container.desiredStatus === 'STOPPED') flight.abort.abort();
        continue;
      }
      const asked = own.toLookAt.delete(container.name) && container.knownStatus !== 'STOPPED';
      const step: ContainerStep | TakenStep = asked ? lookFirst : decide(task, container);
      if (step.kind !== 'none') take(task, container, step);
      else if (step.wakeAt !== undefined) wakeAt = Math.min(wakeAt ?? step.wakeAt, step.wakeAt);
    }
    if (wakeAt !== undefined) wakeLater(arn, Math.max(1, wakeAt - now()));
    if (task.knownStatus === 'STOPPED' && own.flights.size === 0) forget(arn);
  };

  const decide = (task: TaskState, container: ContainerState): ContainerStep =>
    decideContainerStep(task, container, {
      now: now(),
      defaultStopTimeoutSeconds: options.defaultStopTimeoutSeconds,
      hasExecutionCredentials:
        task.executionCredentialsId !== undefined && state.credentials.has(task.executionCredentialsId),
    });

  const wakeLater = (arn: string, delay: number): void => {
    const own = flightsOf(arn);
    clearTimeout(own.timer);
    own.timer = setTimeout(() => wake(arn), Math.min(delay, 2 ** 31 - 1));
  };

  const forget = (arn: string): void => {
    clearTimeout(tasks.get(arn)?.timer);
    tasks.delete(arn);
  };

  const take = (task: TaskState, container: ContainerState, step: TakenStep): void => {
    const abort = new AbortController();
    const own = flightsOf(task.arn);
    const done = perform(task, container, step, abort.signal).then((changes) => {
      own.flights.delete(container.name);
      for (const change of changes ?? []) apply(task.arn, change);
      wake(task.arn);
    });
    own.flights.set(container.name, { step, abort, done });
  };

  /** The changes that the step made; undefined when it is to be decided again later. Never rejects. */
  const perform = async (
    task: TaskState,
    container: ContainerState,
    step: TakenStep,
    signal: AbortSignal,
  ): Promise<readonly TaskChange[] | undefined> => {
    const own = flightsOf(task.arn);
    try {
      // Volumes and cgroup are made while the images are pulled.
      if (step.kind === 'pull' || step.kind === 'create') own.prepared ??= prepare(task);
      own.prepared?.catch(() => {});
      if (step.kind === 'create') await own.prepared;
      const changes = await performStep(options, { task, container, signal }, step);
      own.attempts = 0;
      return changes;
    } catch (error) {
      if (stopped || signal.aborted) return undefined;
      if (error instanceof ContainerFailure) {
        log('warn', 'a container cannot go on', { task: task.arn, container: container.name, reason: error.reason });
        return [failed(container.name, error)];
      }
      if (error instanceof TaskFailure) return [taskFailed(error.message)];
      const name = error instanceof EngineError ? undefined : failureNames[step.kind];
      if (name === undefined) {
        await pauseAfter(error, task, container, step);
        return undefined;
      }
      log('error', `cannot ${step.kind} a container`, {
        task: task.arn,
        container: container.name,
        error: String(error),
      });
      return [
        failed(container.name, new ContainerFailure(name, error instanceof Error ? error.message : String(error))),
      ];
    }
  };

  const prepare = (task: TaskState): Promise<void> => {
    const preparing = (async () => {
      await createTaskVolumes(options.engine, options.agentId, task, AbortSignal.timeout(120_000));
      await options.cgroups.create(task).catch((error: unknown) => {
        throw new TaskFailure(`cgroup resource: unable to set the limits of the task: ${String(error)}`, {
          cause: error,
        });
      });
    })();
    // A failure that is not final is tried again with the next attempt of the step.
    preparing.catch((error: unknown) => {
      if (!(error instanceof TaskFailure)) flightsOf(task.arn).prepared = undefined;
    });
    return preparing;
  };

  const pauseAfter = async (error: unknown, task: TaskState, container: ContainerState, step: TakenStep) => {
    const own = flightsOf(task.arn);
    own.attempts += 1;
    const delay = Math.min(250 * 2 ** Math.min(own.attempts, 6), LONGEST_RETRY_MS);
    log('warn', `cannot ${step.kind} a container; trying again`, {
      task: task.arn,
      container: container.name,
      error: error instanceof Error ? error.message : String(error),
    });
    await sleep(delay, undefined, { signal: stopping.signal }).catch(() => {});
  };

  return {
    apply,
    look(arn, name) {
      flightsOf(arn).toLookAt.add(name);
      wake(arn);
    },
    wake,
    wakeAll() {
      for (const arn of state.tasks.keys()) apply(arn, (task, time) => keepIfSame(task, deriveTask(task, time)));
    },
    async stop() {
      stopped = true;
      const flights = [...tasks.values()].flatMap((own) => {
        clearTimeout(own.timer);
        return [...own.flights.values()];
      });
      for (const { abort } of flights) abort.abort();
      stopping.abort();
      await Promise.allSettled(flights.map(({ done }) => done));
    },
  };
}

/** Nothing derived means nothing to write down. */
const keepIfSame = (task: TaskState, derived: TaskState): TaskState =>
  JSON.stringify(task) === JSON.stringify(derived) ? task : derived;
