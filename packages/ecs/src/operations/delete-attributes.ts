import type { Handler, ecs } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';
import { MOST_CUSTOM_ATTRIBUTES, isCustom } from '../domain/container-instance/attributes.ts';
import { invalidParameter } from '../domain/errors.ts';
import { attributeOf, attributeTargets } from '../queries/attribute-targets.ts';
import { requireCluster } from '../queries/clusters.ts';
import { containerInstances } from '../records.ts';

/** Takes custom attributes off container instances; answers those that were there. */
export const DeleteAttributes: Handler<ecs.Operations, 'DeleteAttributes', EcsContext> = async (input, context) => {
  if (input.attributes.length === 0) throw invalidParameter('attributes can not be empty');
  if (input.attributes.length > MOST_CUSTOM_ATTRIBUTES) {
    throw invalidParameter(`At most ${MOST_CUSTOM_ATTRIBUTES} attributes can be specified in a single call.`);
  }
  const reserved = input.attributes.find((attribute) => !isCustom(attribute));
  if (reserved !== undefined) {
    throw invalidParameter(`The attribute name ${reserved.name} is reserved for Amazon ECS.`);
  }
  return context.store.update(async (transaction) => {
    const { record: cluster } = await requireCluster(transaction, context, input.cluster);
    const answer: ecs.Attribute[] = [];
    for (const { record, attributes } of await attributeTargets(transaction, cluster, input.attributes)) {
      const removed = record.attributes.filter(({ name }) => attributes.some((attribute) => attribute.name === name));
      const kept = record.attributes.filter((attribute) => !removed.includes(attribute));
      await transaction.put(containerInstances, { ...record, attributes: kept });
      answer.push(...removed.map((attribute) => attributeOf(record, attribute)));
    }
    return { attributes: answer };
  });
};
