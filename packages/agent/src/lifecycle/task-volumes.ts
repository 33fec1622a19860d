/** The docker volumes of a task: made before its first container, removed with the task unless they are shared. */
import { EngineError, isConflict, isNotFound } from '@oreno/engine';
import type { Engine } from '@oreno/engine';
import { TaskFailure } from '../domain/container-failure.ts';
import { agentLabel, taskArnLabel } from '../domain/labels.ts';
import type { TaskState } from '../domain/task-state.ts';

/** Makes what is to be made; throws TaskFailure when a volume cannot be had. */
export async function createTaskVolumes(
  engine: Engine,
  agentId: string,
  task: TaskState,
  signal: AbortSignal,
): Promise<void> {
  for (const volume of task.payload.volumes ?? []) {
    const name = task.volumeNames[volume.name];
    if (name === undefined) continue;
    const docker = volume.dockerVolumeConfiguration;
    const shared = docker?.scope === 'shared';
    if (shared && (await exists(engine, name, signal))) continue;
    if (shared && !docker.autoprovision) throw new TaskFailure(`volume ${name} does not exist and is not to be made`);
    try {
      await engine.volumes.create(
        {
          Name: name,
          Driver: docker?.driver || 'local',
          DriverOpts: docker?.driverOpts ?? {},
          // A shared volume outlives the task: it carries no mark of it.
          Labels: { ...docker?.labels, ...(shared ? {} : { [agentLabel]: agentId, [taskArnLabel]: task.arn }) },
        },
        { signal },
      );
    } catch (error) {
      if (!(error instanceof EngineError) || error.kind !== 'response') throw error;
      throw new TaskFailure(`volume ${volume.name} cannot be made: ${error.message}`, { cause: error });
    }
  }
}

/** Removes the volumes that live as long as the task. */
export async function removeTaskVolumes(engine: Engine, task: TaskState): Promise<void> {
  for (const volume of task.payload.volumes ?? []) {
    const name = task.volumeNames[volume.name];
    if (name === undefined || volume.dockerVolumeConfiguration?.scope === 'shared') continue;
    await engine.volumes.remove(name).catch((error: unknown) => {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    });
  }
}

const exists = (engine: Engine, name: string, signal: AbortSignal): Promise<boolean> =>
  engine.volumes.inspect(name, { signal }).then(
    () => true,
    (error: unknown) => {
      if (isNotFound(error)) return false;
      throw error;
    },
  );
