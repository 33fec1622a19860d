/** Stops tasks of a service on the way that StopTask goes, and tells of it. */
import type { WriteTransaction } from '@oreno/store';
import type { StopCause, StopTasks, TaskStop } from '../../domain/deployment/snapshot.ts';
import { failedHealthCheck, stoppedTasks } from '../../domain/service/events.ts';
import { deploymentIdOf, failedHealthChecks } from '../../domain/service/service-task.ts';
import { advance } from '../../domain/task/lifecycle.ts';
import { appendEvents } from '../../queries/services.ts';
import { tasks } from '../../records.ts';
import type { TaskRecord } from '../../records.ts';
import { services, taskProtections } from '../../service-records.ts';
import type { ServiceRecord } from '../../service-records.ts';
import { type EffectOptions, stillWanted } from './effect-options.ts';

const reasons: { readonly [Cause in StopCause]: (revisionId: string) => string } = {
  scaling: (revisionId) => `Scaling activity initiated by (deployment ${deploymentIdOf(revisionId)})`,
  unhealthy: () => failedHealthChecks,
  lost: () => 'The agent of the container instance is disconnected',
};

export const stopTasks = ({ store, now, newId }: EffectOptions, { service, stops }: StopTasks): Promise<void> =>
  store.update(async (transaction) => {
    const current = await stillWanted(transaction, service);
    if (current === undefined) return;
    const at = now();
    const stopped: TaskStop[] = [];
    for (const stop of stops) {
      const { account, region, clusterName } = service;
      const task = (await transaction.get(tasks, { account, region, clusterName, taskId: stop.taskId }))?.record;
      if (task === undefined || !(await mayStop(transaction, current, task, stop, at))) continue;
      const reason = reasons[stop.cause](stop.revisionId);
      const stopCode = 'ServiceSchedulerInitiated';
      const moved = advance(task, { kind: 'stopRequested', stopCode, reason, at });
      if (moved.kind !== 'moved') continue;
      await transaction.put(tasks, moved.task);
      stopped.push(stop);
    }
    if (stopped.length === 0) return;
    const { serviceName } = service;
    const unhealthy = stopped.filter(({ cause }) => cause === 'unhealthy');
    const messages = [
      ...unhealthy.map(({ taskId }) => failedHealthCheck(serviceName, taskId)),
      stoppedTasks(
        serviceName,
        stopped.map(({ taskId }) => taskId),
      ),
    ];
    await appendEvents(transaction, service, messages, { now: at, newId });
    if (current.steadyAt !== undefined) {
      const restless: ServiceRecord = { ...current, steadyAt: undefined };
      await transaction.put(services, restless);
    }
  });

/** Whether the cause still holds: protection may have come since, or the agent. */
const mayStop = async (
  transaction: WriteTransaction,
  service: ServiceRecord,
  { account, region, clusterName, taskId, connectivity }: TaskRecord,
  { cause }: TaskStop,
  at: number,
): Promise<boolean> => {
  if (cause === 'lost') return connectivity === 'DISCONNECTED';
  if (cause === 'unhealthy' || service.status !== 'ACTIVE') return true;
  const row = await transaction.get(taskProtections, { account, region, clusterName, taskId });
  return row === undefined || row.record.expiresAt <= at;
};
