import type { Handler, ecs } from '@oreno/aws-wire';
import type { ReadTransaction } from '@oreno/store';
import type { EcsContext } from '../context.ts';
import { invalidParameter } from '../domain/errors.ts';
import { partOfService } from '../domain/service/arns.ts';
import { serviceRevisionView } from '../domain/service/view.ts';
import { taskDefinitionReference } from '../domain/task-definition/reference.ts';
import { findTaskDefinition } from '../queries/task-definitions.ts';
import { serviceRevisions } from '../service-records.ts';
import type { ServiceRevisionRecord } from '../service-records.ts';

const mostArns = 20;

/** Describes up to 20 service revisions by their ARNs. What is not there is a failure. */
export const DescribeServiceRevisions: Handler<ecs.Operations, 'DescribeServiceRevisions', EcsContext> = async (
  input,
  context,
) => {
  const arns = [...new Set(input.serviceRevisionArns)];
  if (arns.length === 0) throw invalidParameter('serviceRevisionArns cannot be empty.');
  if (arns.length > mostArns) throw invalidParameter(`serviceRevisionArns can have at most ${mostArns} items.`);
  const parts = arns.map((arn) => ({ arn, ...partOfService(arn, 'service-revision', context) }));
  return context.store.read(async (transaction) => {
    const found: ecs.ServiceRevision[] = [];
    const failures: ecs.Failure[] = [];
    for (const { arn, key, id } of parts) {
      const row = await transaction.get(serviceRevisions, { ...key, revisionId: id });
      if (row === undefined) failures.push({ arn, reason: 'MISSING' });
      else found.push(serviceRevisionView(row.record, await imagesOf(transaction, row.record)));
    }
    return { serviceRevisions: found, failures };
  });
};

/** The images that the task definition names, with the digests that its tasks are held to. */
const imagesOf = async (
  transaction: ReadTransaction,
  revision: ServiceRevisionRecord,
): Promise<readonly ecs.ContainerImage[]> => {
  const reference = taskDefinitionReference(revision.taskDefinition, revision);
  const row = await findTaskDefinition(transaction, revision, reference);
  return (row?.record.definition.containerDefinitions ?? []).map(({ name = '', image }) => {
    const imageDigest = revision.imageDigests?.[name];
    return { containerName: name, image, ...(imageDigest === undefined ? {} : { imageDigest }) };
  });
};
