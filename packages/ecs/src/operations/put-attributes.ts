import type { Handler, ecs } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';
import {
  MOST_CUSTOM_ATTRIBUTES,
  validateAttribute,
  withCustomAttributes,
} from '../domain/container-instance/attributes.ts';
import { invalidParameter } from '../domain/errors.ts';
import { attributeOf, attributeTargets } from '../queries/attribute-targets.ts';
import { requireCluster } from '../queries/clusters.ts';
import { containerInstances } from '../records.ts';

/** Sets custom attributes of container instances: all of them or, when one is refused, none. */
export const PutAttributes: Handler<ecs.Operations, 'PutAttributes', EcsContext> = async (input, context) => {
  if (input.attributes.length === 0) throw invalidParameter('attributes can not be empty');
  if (input.attributes.length > MOST_CUSTOM_ATTRIBUTES) {
    throw invalidParameter(`At most ${MOST_CUSTOM_ATTRIBUTES} attributes can be specified in a single call.`);
  }
  input.attributes.forEach(validateAttribute);
  return context.store.update(async (transaction) => {
    const { record: cluster } = await requireCluster(transaction, context, input.cluster);
    const answer: ecs.Attribute[] = [];
    for (const { record, attributes } of await attributeTargets(transaction, cluster, input.attributes)) {
      const merged = withCustomAttributes(record.attributes, attributes);
      await transaction.put(containerInstances, { ...record, attributes: merged });
      answer.push(...attributes.map((attribute) => attributeOf(record, attribute)));
    }
    return { attributes: answer };
  });
};
