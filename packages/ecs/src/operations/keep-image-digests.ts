import type { WriteTransaction } from '@oreno/store';
import { digestsToKeep, newDigests } from '../domain/service/image-digests.ts';
import { revisionIdOf, serviceNameOf } from '../domain/service/service-task.ts';
import type { TaskRecord } from '../records.ts';
import { taskDefinitions } from '../records.ts';
import { serviceRevisions } from '../service-records.ts';

/**
 * Keeps what a service's task told of its images with its revision, so that later tasks run the same. `before` and
 * `after` are the task's record around the report; most reports tell of no image and read nothing here.
 */
export const keepImageDigests = async (
  transaction: WriteTransaction,
  before: TaskRecord,
  after: TaskRecord,
): Promise<void> => {
  const told = newDigests(before, after);
  const serviceName = serviceNameOf(after);
  const names = Object.keys(told);
  if (serviceName === undefined || names.length === 0) return;
  const { account, region, clusterName, family, revision } = after;
  const key = { account, region, clusterName, serviceName, revisionId: revisionIdOf(after) };
  const record = (await transaction.get(serviceRevisions, key))?.record;
  const { imageDigests: kept = {} } = record ?? {};
  if (record === undefined || names.every((name) => kept[name] !== undefined)) return;
  const definition = (await transaction.get(taskDefinitions, { account, region, family, revision }))?.record.definition;
  const news = digestsToKeep(told, kept, definition?.containerDefinitions ?? []);
  if (Object.keys(news).length === 0) return;
  await transaction.put(serviceRevisions, { ...record, imageDigests: { ...kept, ...news } });
};
