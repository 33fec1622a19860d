import type { Handler, ecs } from '@oreno/aws-wire';
import { encodeToken } from '@oreno/aws-wire';
import type { ReadTransaction } from '@oreno/store';
import type { EcsContext } from '../context.ts';
import { invalidParameter } from '../domain/errors.ts';
import { pageKey, pageSize } from '../paging.ts';
import { attributeOf } from '../queries/attribute-targets.ts';
import { requireCluster } from '../queries/clusters.ts';
import type { ClusterKey } from '../queries/container-instances.ts';
import { containerInstances } from '../records.ts';
import type { ContainerInstanceRecord } from '../records.ts';

/** How many instances are looked at in one go while a page fills. */
const CHUNK = 100;

/** An attribute, and where in the list it stands: by instance, then by name. */
interface Entry {
  readonly id: string;
  readonly attribute: ecs.Attribute;
}

/** Lists the attributes of a cluster's registered instances, one entry for each attribute of each instance. */
export const ListAttributes: Handler<ecs.Operations, 'ListAttributes', EcsContext> = async (input, context) => {
  const { attributeName, attributeValue } = input;
  if (attributeValue !== undefined && attributeName === undefined) {
    throw invalidParameter('You must specify an attribute name to use the attributeValue parameter.');
  }
  const size = pageSize(input.maxResults);
  const after = pageKey(input.nextToken, { id: '', name: '' });
  const wanted = ({ name, value }: ecs.Attribute): boolean =>
    (attributeName === undefined || name === attributeName) &&
    (attributeValue === undefined || value === attributeValue);
  const entries = await context.store.read(async (transaction) => {
    const { record: cluster } = await requireCluster(transaction, context, input.cluster);
    return collect(transaction, cluster, { wanted, after, size: size + 1 });
  });
  const page = entries.slice(0, size);
  const last = page.at(-1);
  return {
    attributes: page.map(({ attribute }) => attribute),
    ...(entries.length > size && last !== undefined
      ? { nextToken: encodeToken({ id: last.id, name: last.attribute.name }) }
      : {}),
  };
};

interface Wanted {
  readonly wanted: (attribute: ecs.Attribute) => boolean;
  readonly after: { readonly id: string; readonly name: string } | undefined;
  readonly size: number;
}

const collect = async (
  transaction: ReadTransaction,
  { account, region, clusterName }: ClusterKey,
  { wanted, after, size }: Wanted,
): Promise<readonly Entry[]> => {
  const where = { account, region, clusterName };
  const entries: Entry[] = [];
  // The instance that the page before ended in may have more: start with it, not behind it.
  let query = { where, from: after?.id, limit: CHUNK };
  for (;;) {
    const rows = await transaction.list(containerInstances, query);
    for (const { record } of rows) {
      const rest = record.containerInstanceId === after?.id ? after.name : undefined;
      entries.push(...entriesOf(record, wanted, rest));
    }
    const last = rows.at(-1)?.record.containerInstanceId;
    if (rows.length < CHUNK || entries.length >= size || last === undefined) return entries.slice(0, size);
    // The smallest text behind an id.
    query = { ...query, from: `${last}\u0000` };
  }
};

const entriesOf = (
  record: ContainerInstanceRecord,
  wanted: (attribute: ecs.Attribute) => boolean,
  afterName: string | undefined,
): readonly Entry[] =>
  record.status === 'INACTIVE'
    ? []
    : record.attributes
        .filter((attribute) => wanted(attribute) && (afterName === undefined || attribute.name > afterName))
        .toSorted((left, right) => (left.name < right.name ? -1 : 1))
        .map((attribute) => ({ id: record.containerInstanceId, attribute: attributeOf(record, attribute) }));
