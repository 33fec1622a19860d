/** Finding the container instances that PutAttributes and DeleteAttributes are about. */
import { AwsError } from '@oreno/aws-wire';
import type { ecs } from '@oreno/aws-wire';
import type { ReadTransaction } from '@oreno/store';
import { looksLikeArn } from '../domain/ecs-arn.ts';
import { invalidParameter } from '../domain/errors.ts';
import type { ContainerInstanceRecord } from '../records.ts';
import { findContainerInstance } from './container-instances.ts';
import type { ClusterKey } from './container-instances.ts';

/** An instance and the attributes of the request that are about it. */
export interface AttributeTarget {
  readonly record: ContainerInstanceRecord;
  readonly attributes: readonly ecs.Attribute[];
}

/**
 * Groups attributes by the instance they name. Throws TargetNotFoundException for one that is not registered,
 * InvalidParameterException for a missing target or a short id without its type.
 */
export const attributeTargets = async (
  transaction: ReadTransaction,
  cluster: ClusterKey,
  attributes: readonly ecs.Attribute[],
): Promise<readonly AttributeTarget[]> => {
  const targets = new Map<string, { record: ContainerInstanceRecord; attributes: ecs.Attribute[] }>();
  for (const attribute of attributes) {
    const { targetId, targetType } = attribute;
    if (targetId === undefined || targetId === '') throw invalidParameter('targetId can not be empty');
    if (targetType === undefined && !looksLikeArn(targetId)) {
      throw invalidParameter('targetType must be specified when the short form of a targetId is used');
    }
    const row = await findContainerInstance(transaction, cluster, targetId);
    if (row === undefined || row.record.status === 'INACTIVE') {
      throw new AwsError('TargetNotFoundException', `Could not find ${targetId}`);
    }
    const id = row.record.containerInstanceId;
    const target = targets.get(id) ?? { record: row.record, attributes: [] };
    target.attributes.push(attribute);
    targets.set(id, target);
  }
  return [...targets.values()];
};

/** An attribute as the attribute operations answer it: with the instance that has it. */
export const attributeOf = (
  { containerInstanceArn }: ContainerInstanceRecord,
  attribute: ecs.Attribute,
): ecs.Attribute => ({
  name: attribute.name,
  ...(attribute.value === undefined ? {} : { value: attribute.value }),
  targetId: containerInstanceArn,
});
