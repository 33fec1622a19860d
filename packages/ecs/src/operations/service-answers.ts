/** What the operations on services have in common: starting a deployment, and showing a service. */
import type { ecs } from '@oreno/aws-wire';
import type { ReadTransaction, WriteTransaction } from '@oreno/store';
import type { EcsContext } from '../context.ts';
import { alarmsAtStart, watchEnded } from '../domain/deployment/alarms.ts';
import { newRevision, newServiceDeployment } from '../domain/deployment/revisions.ts';
import { taskFacts } from '../domain/service/service-task.ts';
import { countTasks, serviceView } from '../domain/service/view.ts';
import { currentDeployment, eventsOf, latestDeployment, liveRevisions, tasksOfService } from '../queries/services.ts';
import type { TasksById } from '../reconcilers/service-tasks.ts';
import { serviceDeployments, serviceRevisions } from '../service-records.ts';
import type { ServiceRecord, ServiceRevisionRecord } from '../service-records.ts';
import { describeTaskSets, taskSetsOf } from './task-set-answers.ts';

/**
 * Shows a service as the transaction sees it. `now` is in milliseconds since the epoch; `tasks` are the service's,
 * where they are known: else their rows are read.
 */
export const describeService = async (
  transaction: ReadTransaction,
  service: ServiceRecord,
  withTags: boolean | 'ifAny',
  now: number,
  tasks?: TasksById,
): Promise<ecs.Service> => {
  const isExternal = service.deploymentController?.type === 'EXTERNAL';
  const sets = isExternal ? await taskSetsOf(transaction, service) : [];
  return serviceView(
    service,
    {
      revisions: await liveRevisions(transaction, service),
      counts: countTasks(tasks?.values() ?? (await tasksOfService(transaction, service)).map(taskFacts)),
      events: await eventsOf(transaction, service),
      deployment: await latestDeployment(transaction, service),
      taskSets: await describeTaskSets(transaction, service, sets, { now, withTags }),
    },
    withTags,
  );
};

/** Makes a new PRIMARY revision of the service as it is now; a deployment under way ends without being finished. */
export const startDeployment = async (
  transaction: WriteTransaction,
  service: ServiceRecord,
  context: Pick<EcsContext, 'alarms' | 'newId' | 'now'>,
): Promise<void> => {
  const facts = { now: context.now(), newId: context.newId };
  const before = await liveRevisions(transaction, service);
  for (const revision of before) {
    const record: ServiceRevisionRecord = { ...revision, status: 'ACTIVE', updatedAt: facts.now };
    await transaction.put(serviceRevisions, record);
  }
  const overtaken = await currentDeployment(transaction, service);
  if (overtaken !== undefined) {
    await transaction.put(serviceDeployments, {
      ...overtaken,
      status: 'STOPPED',
      alarms: watchEnded(overtaken.alarms),
      statusReason: 'A newer deployment replaced this one.',
      stoppedAt: facts.now,
      finishedAt: facts.now,
      updatedAt: facts.now,
    });
  }
  const revision = newRevision(service, facts);
  await transaction.put(serviceRevisions, revision);
  const { deploymentConfiguration: configuration } = service;
  const names = configuration.alarms?.alarmNames ?? [];
  const alarms = alarmsAtStart(configuration, await context.alarms.standingOf(transaction, service, names));
  await transaction.put(serviceDeployments, newServiceDeployment(service, revision, before, facts, alarms));
};
