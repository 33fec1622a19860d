import { encodeToken } from '@oreno/aws-wire';
import type { Handler, ecs } from '@oreno/aws-wire';
import type { ReadTransaction } from '@oreno/store';
import { capacityProviders } from '../capacity-records.ts';
import type { EcsContext } from '../context.ts';
import { capacityProviderNameOf, fargateProviders, isFargateProvider } from '../domain/capacity-provider/names.ts';
import { capacityProviderView, fargateProviderView } from '../domain/capacity-provider/view.ts';
import { capacityProviderArn } from '../domain/ecs-arn.ts';
import { invalidParameter } from '../domain/errors.ts';
import { pageKey, pageSize } from '../paging.ts';
import { findCapacityProvider } from '../queries/capacity-providers.ts';
import { requireCluster } from '../queries/clusters.ts';

const mostNamed = 100;
const mostInPage = 10;

/**
 * Describes the capacity providers that are named, deleted ones for an hour; or, by pages, those of Fargate and
 * every ACTIVE one of the account or of a cluster. What is not there is a failure.
 */
export const DescribeCapacityProviders: Handler<ecs.Operations, 'DescribeCapacityProviders', EcsContext> = async (
  input,
  context,
) => {
  const references = input.capacityProviders ?? [];
  if (references.length > mostNamed) {
    throw invalidParameter(`At most ${mostNamed} capacity providers can be described.`);
  }
  const named = references.map((reference) => capacityProviderNameOf(reference, context));
  const size = pageSize(input.maxResults, mostInPage);
  const after = pageKey(input.nextToken, { name: '' });
  const withTags = input.include?.includes('TAGS') === true;
  return context.store.read(async (transaction) => {
    const associated = await associatedNames(transaction, context, input.cluster);
    const isMeant = (name: string): boolean => associated?.includes(name) ?? true;
    const all = named.length > 0 ? [...new Set(named)] : await everyName(transaction, context);
    const meant = all.filter((name) => named.length > 0 || isMeant(name));
    const begin = named.length > 0 || after === undefined ? 0 : meant.findLastIndex((name) => name <= after.name) + 1;
    const page = named.length > 0 ? meant : meant.slice(begin, begin + size);
    const views: ecs.CapacityProvider[] = [];
    const failures: ecs.Failure[] = [];
    for (const name of page) {
      const view = isMeant(name) ? await describe(transaction, context, name, withTags) : undefined;
      if (view === undefined) failures.push({ arn: capacityProviderArn(context, name), reason: 'MISSING' });
      else views.push(view);
    }
    const last = begin + page.length < meant.length ? page.at(-1) : undefined;
    return {
      capacityProviders: views,
      failures,
      ...(last === undefined ? {} : { nextToken: encodeToken({ name: last }) }),
    };
  });
};

const associatedNames = async (
  transaction: ReadTransaction,
  context: EcsContext,
  cluster: string | undefined,
): Promise<readonly string[] | undefined> =>
  cluster === undefined ? undefined : (await requireCluster(transaction, context, cluster)).record.capacityProviders;

/** In one order for all pages. */
const everyName = async (transaction: ReadTransaction, { account, region }: EcsContext): Promise<readonly string[]> => {
  const where = { account, region, status: 'ACTIVE' as const };
  const rows = await transaction.list(capacityProviders, { index: 'byStatus', where });
  return [...fargateProviders, ...rows.map(({ record }) => record.name)].toSorted();
};

const describe = async (
  transaction: ReadTransaction,
  context: EcsContext,
  name: string,
  withTags: boolean,
): Promise<ecs.CapacityProvider | undefined> => {
  if (isFargateProvider(name)) return fargateProviderView(context, name);
  const record = await findCapacityProvider(transaction, context, name);
  return record && capacityProviderView(record, withTags);
};
