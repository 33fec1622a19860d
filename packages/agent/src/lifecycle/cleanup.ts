/**
 * Removes what is over, as Amazon's agent does: a task's containers, volumes and cgroup some hours after it stopped
 * and its end was told; images that this agent pulled and nothing uses, oldest use first.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { isNotFound } from '@oreno/engine';
import type { AgentState } from '../domain/agent-state.ts';
import type { LogOptions } from '../domain/log-options.ts';
import type { TaskState } from '../domain/task-state.ts';
import type { ImageRecord } from '../images/image-record.ts';
import type { Engine } from '@oreno/engine';
import type { Log } from '../domain/agent-runtime.ts';
import type { Reported } from '../domain/state-report.ts';
import type { TaskCgroups } from './task-cgroup.ts';
import { removeTaskVolumes } from './task-volumes.ts';

export interface CleanupOptions {
  readonly engine: Engine;
  readonly state: AgentState;
  readonly cgroups: TaskCgroups;
  readonly logOptions: LogOptions;
  readonly images: Map<string, ImageRecord>;
  readonly reported: (arn: string) => Reported;
  readonly onTaskRemoved: (arn: string) => void;
  readonly onImageRemoved: (imageId: string) => void;
  /** From STOPPED to the removal. Milliseconds. */
  readonly waitMs: number;
  readonly imageEveryMs: number;
  /** An image younger than this stays. Milliseconds. */
  readonly imageAgeMs: number;
  readonly imagesPerRound: number;
  readonly log: Log;
  readonly now: () => number;
}

/** A task whose end was never taken by the control plane goes all the same after this (as Amazon's agent). */
const UNREPORTED_WAIT_MS = 72 * 3_600_000;
const ROUND_MS = 30_000;

/** Cleans until the signal fires. */
export async function cleanUp(options: CleanupOptions, signal: AbortSignal): Promise<void> {
  let nextImages = options.now() + options.imageEveryMs;
  const round = Math.min(ROUND_MS, Math.max(50, options.waitMs), Math.max(50, options.imageEveryMs));
  while (!signal.aborted) {
    await sleep(round, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    await removeStoppedTasks(options);
    if (options.now() < nextImages) continue;
    nextImages = options.now() + options.imageEveryMs;
    await removeUnusedImages(options);
  }
}

/** Removes every task whose time has come; what fails is tried again the next time. */
export async function removeStoppedTasks(options: CleanupOptions): Promise<void> {
  for (const task of options.state.tasks.values()) {
    if (!isDue(task, options)) continue;
    try {
      await removeTask(options, task);
    } catch (error) {
      options.log('warn', 'cannot remove a stopped task yet', { task: task.arn, error: String(error) });
    }
  }
}

function isDue(task: TaskState, { now, waitMs, reported }: CleanupOptions): boolean {
  if (task.stoppedAt === undefined) return false;
  const since = now() - task.stoppedAt;
  return since >= waitMs && (reported(task.arn).status === 'STOPPED' || since >= UNREPORTED_WAIT_MS);
}

/** Removes what a stopped task left on the engine, and the task from the state. */
export async function removeTask(options: CleanupOptions, task: TaskState): Promise<void> {
  for (const { dockerId } of task.containers.toReversed()) {
    if (dockerId === undefined) continue;
    await options.engine.containers.remove(dockerId, { force: true, volumes: true }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  }
  await removeTaskVolumes(options.engine, task);
  await options.cgroups.remove(task);
  options.logOptions.release(task.arn);
  for (const id of [task.taskCredentialsId, task.executionCredentialsId])
    if (id !== undefined) options.state.removeCredentials(id);
  options.state.removeTask(task.arn);
  options.onTaskRemoved(task.arn);
}

/** The images to remove now: unused, old enough, least recently used first. Pure. */
export function decideUnusedImages(
  images: Iterable<ImageRecord>,
  tasks: Iterable<TaskState>,
  limits: Pick<CleanupOptions, 'imageAgeMs' | 'imagesPerRound'>,
  now: number,
): readonly ImageRecord[] {
  const used = new Set([...tasks].flatMap((task) => task.containers.map(({ imageId }) => imageId)));
  return [...images]
    .filter(({ imageId, pulledAt }) => !used.has(imageId) && now - pulledAt >= limits.imageAgeMs)
    .toSorted((left, right) => left.lastUsedAt - right.lastUsedAt)
    .slice(0, limits.imagesPerRound);
}

/** One round of the images. */
export async function removeUnusedImages(options: CleanupOptions): Promise<void> {
  const due = decideUnusedImages(options.images.values(), options.state.tasks.values(), options, options.now());
  for (const image of due) {
    try {
      await removeImage(options.engine, image);
    } catch (error) {
      options.log('info', 'an image is still in use', { image: image.imageId, error: String(error) });
      continue;
    }
    options.images.delete(image.imageId);
    options.onImageRemoved(image.imageId);
  }
}

/** By name, so that names which others gave the image, and with them the image, stay. */
async function removeImage(engine: Engine, image: ImageRecord): Promise<void> {
  for (const reference of image.references) {
    const id = await engine.images.inspect(reference).then(
      ({ Id }) => Id,
      (error: unknown) => {
        if (isNotFound(error)) return undefined;
        throw error;
      },
    );
    // The name may mean a newer image by now.
    if (id !== image.imageId) continue;
    await engine.images.remove(reference).catch((error: unknown) => {
      if (!isNotFound(error)) throw error;
    });
  }
}
