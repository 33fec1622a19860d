/** Stops tasks of a service on the way that StopTask goes, and tells of it. */
import type { WriteTransaction } from '@oreno/store';
import type { StopCause, StopTasks, TaskStop } from '../../domain/deployment/snapshot.ts';
import { failedHealthCheck, stoppedInZone, stoppedTasks } from '../../domain/service/events.ts';
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
  rebalancing: (revisionId) => `Scaling activity initiated by (deployment ${deploymentIdOf(revisionId)})`,
  unhealthy: () => failedHealthChecks,
  lost: () => 'The agent of the container instance is disconnected',
};

export const stopTasks = ({ store, now, newId }: EffectOptions, { service, stops }: StopTasks): Promise<void> =>
  store.update(async (transaction) => {
    const current = await stillWanted(transaction, service);
    if (current === undefined) return;
    const at = now();
    const stopped: Stopped[] = [];
    for (const stop of stops) {
      const { account, region, clusterName } = service;
      const task = (await transaction.get(tasks, { account, region, clusterName, taskId: stop.taskId }))?.record;
      if (task === undefined || !(await mayStop(transaction, current, task, stop, at))) continue;
      const reason = reasons[stop.cause](stop.revisionId);
      const stopCode = 'ServiceSchedulerInitiated';
      const moved = advance(task, { kind: 'stopRequested', stopCode, reason, at });
      if (moved.kind !== 'moved') continue;
      await transaction.put(tasks, moved.task);
      stopped.push({ ...stop, zone: task.availabilityZone ?? '' });
    }
    if (stopped.length === 0) return;
    const { serviceName } = service;
    const unhealthy = stopped.filter(({ cause }) => cause === 'unhealthy');
    const messages = [
      ...unhealthy.map(({ taskId }) => failedHealthCheck(serviceName, taskId)),
      ...stopMessages(serviceName, stopped),
    ];
    await appendEvents(transaction, service, messages, { now: at, newId });
    if (current.steadyAt !== undefined) {
      const restless: ServiceRecord = { ...current, steadyAt: undefined };
      await transaction.put(services, restless);
    }
  });

interface Stopped extends TaskStop {
  readonly zone: string;
}

/** One event for all, and one for each zone that tasks leave to balance the zones. */
const stopMessages = (serviceName: string, stopped: readonly Stopped[]): readonly string[] => {
  const ids = (list: readonly Stopped[]): readonly string[] => list.map(({ taskId }) => taskId);
  const others = stopped.filter(({ cause }) => cause !== 'rebalancing');
  const moved = Map.groupBy(
    stopped.filter(({ cause }) => cause === 'rebalancing'),
    ({ zone }) => zone,
  );
  return [
    ...(others.length > 0 ? [stoppedTasks(serviceName, ids(others))] : []),
    ...[...moved].map(([zone, list]) => stoppedInZone(serviceName, ids(list), zone)),
  ];
};

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
