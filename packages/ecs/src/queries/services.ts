/** Reading services, their revisions, deployments, events and tasks; and writing events. */
import { AwsError } from '@oreno/aws-wire';
import type { ReadTransaction, Row, WriteTransaction } from '@oreno/store';
import { serviceNameOf } from '../domain/service/arns.ts';
import { groupOf } from '../domain/service/service-task.ts';
import { tasks } from '../records.ts';
import type { TaskRecord } from '../records.ts';
import { serviceDeployments, serviceEvents, serviceRevisions, services } from '../service-records.ts';
import type {
  ServiceDeploymentRecord,
  ServiceEventRecord,
  ServiceKey,
  ServiceRecord,
  ServiceRevisionRecord,
} from '../service-records.ts';
import type { ClusterKey } from './container-instances.ts';

/** The key's four values without the rest of a record. */
export const serviceKey = ({ account, region, clusterName, serviceName }: ServiceKey): ServiceKey => ({
  account,
  region,
  clusterName,
  serviceName,
});

export const findService = (transaction: ReadTransaction, key: ServiceKey): Promise<Row<ServiceRecord> | undefined> =>
  transaction.get(services, serviceKey(key));

/** The service that a request names, whatever its status; ServiceNotFoundException when there is none. */
export const requireService = async (
  transaction: ReadTransaction,
  { account, region, clusterName }: ClusterKey,
  reference: string,
): Promise<Row<ServiceRecord>> => {
  const serviceName = serviceNameOf(reference, clusterName, { account, region });
  const row = await findService(transaction, { account, region, clusterName, serviceName });
  if (row === undefined) throw serviceNotFound();
  return row;
};

export const serviceNotFound = (): AwsError => new AwsError('ServiceNotFoundException', 'Service not found.');

export const serviceDeploymentNotFound = (operation: string): AwsError =>
  new AwsError(
    'ServiceDeploymentNotFoundException',
    `The service deployment ARN that you specified in the ${operation} doesn't exist. ` +
      'You can use ListServiceDeployments to retrieve the service deployment ARNs.',
  );

/** Every revision of a service, oldest first; only those of a status where one is given. */
export const revisionsOf = async (
  transaction: ReadTransaction,
  key: ServiceKey,
  status?: ServiceRevisionRecord['status'],
): Promise<readonly ServiceRevisionRecord[]> => {
  const where = status === undefined ? serviceKey(key) : { ...serviceKey(key), status };
  const rows = await transaction.list(serviceRevisions, { index: 'byStatus', where });
  return rows.map(({ record }) => record).toSorted((left, right) => left.createdAt - right.createdAt);
};

/** The revisions that have tasks or shall have some, oldest first. */
export const liveRevisions = async (
  transaction: ReadTransaction,
  key: ServiceKey,
): Promise<readonly ServiceRevisionRecord[]> => [
  ...(await revisionsOf(transaction, key, 'DRAINING')),
  ...(await revisionsOf(transaction, key, 'ACTIVE')),
  ...(await revisionsOf(transaction, key, 'PRIMARY')),
];

const unfinished: ReadonlySet<ServiceDeploymentRecord['status']> = new Set([
  'PENDING',
  'IN_PROGRESS',
  'STOP_REQUESTED',
  'ROLLBACK_REQUESTED',
  'ROLLBACK_IN_PROGRESS',
]);

export const isUnderWay = ({ status }: ServiceDeploymentRecord): boolean => unfinished.has(status);

/** The newest service deployment. */
export const latestDeployment = async (
  transaction: ReadTransaction,
  key: ServiceKey,
): Promise<ServiceDeploymentRecord | undefined> => {
  const [row] = await transaction.list(serviceDeployments, {
    index: 'byCreatedAt',
    where: serviceKey(key),
    reverse: true,
    limit: 1,
  });
  return row?.record;
};

/** The newest service deployment, while it is under way. */
export const currentDeployment = async (
  transaction: ReadTransaction,
  key: ServiceKey,
): Promise<ServiceDeploymentRecord | undefined> => {
  const latest = await latestDeployment(transaction, key);
  return latest !== undefined && isUnderWay(latest) ? latest : undefined;
};

/** Every recorded task of a service. */
export const tasksOfService = async (
  transaction: ReadTransaction,
  { account, region, clusterName, serviceName }: ServiceKey,
): Promise<readonly TaskRecord[]> => {
  const where = { account, region, clusterName, group: groupOf(serviceName) };
  const rows = await transaction.list(tasks, { index: 'byGroup', where });
  return rows.map(({ record }) => record);
};

/** DescribeServices shows so many. */
const mostEvents = 100;

/** Newest first. */
export const eventsOf = async (
  transaction: ReadTransaction,
  key: ServiceKey,
): Promise<readonly ServiceEventRecord[]> => {
  const rows = await transaction.list(serviceEvents, { where: serviceKey(key), reverse: true, limit: mostEvents });
  return rows.map(({ record }) => record);
};

export interface EventOptions {
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly newId: () => string;
}

/** Writes events, the first one oldest, and forgets those beyond the hundredth. */
export const appendEvents = async (
  transaction: WriteTransaction,
  key: ServiceKey,
  messages: readonly string[],
  { now, newId }: EventOptions,
): Promise<void> => {
  const where = serviceKey(key);
  const [last] = await transaction.list(serviceEvents, { where, reverse: true, limit: 1 });
  let sequence = last?.record.sequence ?? 0;
  for (const message of messages) {
    sequence += 1;
    const id = newId().replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
    await transaction.put(serviceEvents, { ...where, sequence, id, createdAt: now, message });
    if (sequence > mostEvents) await transaction.delete(serviceEvents, { ...where, sequence: sequence - mostEvents });
  }
};

/** Forgets everything of a service but its tasks. */
export const forgetService = async (transaction: WriteTransaction, key: ServiceKey): Promise<void> => {
  const where = serviceKey(key);
  for (const { record } of await transaction.list(serviceEvents, { where })) {
    await transaction.delete(serviceEvents, { ...where, sequence: record.sequence });
  }
  for (const { record } of await transaction.list(serviceRevisions, { where })) {
    await transaction.delete(serviceRevisions, { ...where, revisionId: record.revisionId });
  }
  for (const { record } of await transaction.list(serviceDeployments, { where })) {
    await transaction.delete(serviceDeployments, { ...where, serviceDeploymentId: record.serviceDeploymentId });
  }
  await transaction.delete(services, where);
};

/** The revision that a failed deployment goes back to: the newest one that was completed, other than the PRIMARY. */
export const lastCompletedRevision = async (
  transaction: ReadTransaction,
  key: ServiceKey,
): Promise<ServiceRevisionRecord | undefined> => {
  const revisions = await revisionsOf(transaction, key);
  return revisions
    .filter(({ status, completedAt }) => status !== 'PRIMARY' && completedAt !== undefined)
    .toSorted((left, right) => (right.completedAt ?? 0) - (left.completedAt ?? 0))[0];
};
