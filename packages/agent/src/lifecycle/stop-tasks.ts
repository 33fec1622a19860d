import type { AgentState } from '../domain/agent-state.ts';
import { deriveTask } from '../domain/derive-task.ts';
import type { TaskDriver } from './task-driver.ts';

/** Asks every task to stop, each within its own stop timeouts; resolves when all have. */
export async function stopTasks(state: AgentState, driver: TaskDriver): Promise<void> {
  for (const arn of state.tasks.keys())
    driver.apply(arn, (task, now) => deriveTask({ ...task, desiredStatus: 'STOPPED' }, now));
  const allStopped = () => [...state.tasks.values()].every(({ knownStatus }) => knownStatus === 'STOPPED');
  if (allStopped()) return;
  await new Promise<void>((resolve) => {
    const unlisten = state.onChange(() => {
      if (!allStopped()) return;
      unlisten();
      resolve();
    });
  });
}
