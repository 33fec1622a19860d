/** The resources that can have tags, found by their ARNs. Page: TagResource in the API reference. */
import { AwsError } from '@oreno/aws-wire';
import type { ecs } from '@oreno/aws-wire';
import type { ReadTransaction, WriteTransaction } from '@oreno/store';
import { capacityProviders } from '../capacity-records.ts';
import { clusterNameOf } from '../domain/cluster-reference.ts';
import { looksLikeArn, parseEcsArn } from '../domain/ecs-arn.ts';
import { clusterNotFound, invalidParameter } from '../domain/errors.ts';
import { taskDefinitionReference } from '../domain/task-definition/reference.ts';
import { clusters, containerInstances, taskDefinitions, tasks } from '../records.ts';
import type { Scope } from '../records.ts';
import { serviceRevisions, services } from '../service-records.ts';
import { findCapacityProvider } from './capacity-providers.ts';
import { findCluster } from './clusters.ts';
import { findTaskDefinition } from './task-definitions.ts';

/** A resource's tags, and how to replace them. */
export interface TaggedResource {
  readonly tags: readonly ecs.Tag[];
  write(transaction: WriteTransaction, tags: readonly ecs.Tag[]): Promise<unknown>;
}

type Finder = (
  transaction: ReadTransaction,
  scope: Scope,
  arn: string,
  segments: readonly string[],
) => Promise<TaggedResource | undefined>;

const cluster: Finder = async (transaction, scope, arn) => {
  const row = await findCluster(transaction, scope, clusterNameOf(arn, scope));
  if (row === undefined) throw clusterNotFound();
  if (row.record.status !== 'ACTIVE') {
    throw invalidParameter('The specified cluster is inactive. Specify an active cluster and try again.');
  }
  const { record } = row;
  return { tags: record.tags, write: (writing, tags) => writing.put(clusters, { ...record, tags }) };
};

const taskDefinition: Finder = async (transaction, scope, arn) => {
  const row = await findTaskDefinition(transaction, scope, taskDefinitionReference(arn, scope));
  if (row === undefined) return undefined;
  const { record } = row;
  return { tags: record.tags, write: (writing, tags) => writing.put(taskDefinitions, { ...record, tags }) };
};

const containerInstance: Finder = async (transaction, { account, region }, _arn, segments) => {
  const [clusterName = '', containerInstanceId = ''] = segments;
  const key = { account, region, clusterName, containerInstanceId };
  const row = await transaction.get(containerInstances, key);
  if (row === undefined || row.record.status === 'INACTIVE') return undefined;
  const { record } = row;
  return { tags: record.tags, write: (writing, tags) => writing.put(containerInstances, { ...record, tags }) };
};

const task: Finder = async (transaction, { account, region }, _arn, segments) => {
  const [clusterName = '', taskId = ''] = segments;
  const row = await transaction.get(tasks, { account, region, clusterName, taskId });
  if (row === undefined) return undefined;
  const { record } = row;
  return { tags: record.tags, write: (writing, tags) => writing.put(tasks, { ...record, tags }) };
};

const service: Finder = async (transaction, { account, region }, _arn, segments) => {
  const [clusterName = '', serviceName = ''] = segments;
  const row = await transaction.get(services, { account, region, clusterName, serviceName });
  if (row === undefined || row.record.status === 'INACTIVE') return undefined;
  const { record } = row;
  return { tags: record.tags, write: (writing, tags) => writing.put(services, { ...record, tags }) };
};

const taskSet: Finder = async (transaction, { account, region }, _arn, segments) => {
  const [clusterName = '', serviceName = '', _prefix, revisionId = ''] = segments;
  const row = await transaction.get(serviceRevisions, { account, region, clusterName, serviceName, revisionId });
  const members = row?.record.taskSet;
  if (row === undefined || members === undefined) return undefined;
  const write: TaggedResource['write'] = (writing, tags) =>
    writing.put(serviceRevisions, { ...row.record, taskSet: { ...members, tags } });
  return { tags: members.tags, write };
};

const capacityProvider: Finder = async (transaction, scope, _arn, [name = '']) => {
  const record = await findCapacityProvider(transaction, scope, name);
  if (record?.status !== 'ACTIVE') return undefined;
  return { tags: record.tags, write: (writing, tags) => writing.put(capacityProviders, { ...record, tags }) };
};

const FINDERS: Readonly<Record<string, Finder>> = {
  'capacity-provider': capacityProvider,
  cluster,
  'container-instance': containerInstance,
  service,
  task,
  'task-definition': taskDefinition,
  'task-set': taskSet,
};

/**
 * The resource with this ARN. Throws InvalidParameterException for what is no ARN of a taggable resource,
 * ClusterNotFoundException, or `missing` for anything else that is not there.
 */
export const requireTaggedResource = async (
  transaction: ReadTransaction,
  scope: Scope,
  arn: string,
  missing: (message: string) => AwsError,
): Promise<TaggedResource> => {
  if (!looksLikeArn(arn)) throw invalidParameter('The ARN provided is invalid.');
  const { type, segments } = parseEcsArn(arn, scope);
  const find = FINDERS[type];
  if (find === undefined) throw invalidParameter(`The resource type ${type} cannot be tagged.`);
  const resource = await find(transaction, scope, arn, segments);
  if (resource === undefined) throw missing(`The specified ${type.replace('-', ' ')} was not found.`);
  return resource;
};

/** TagResource and UntagResource have a name of their own for a resource that is not there. */
export const resourceNotFound = (message: string): AwsError => new AwsError('ResourceNotFoundException', message);
