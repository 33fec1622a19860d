import { decodeToken, encodeToken } from '@oreno/aws-wire';
import type { cloudwatch, Handler } from '@oreno/aws-wire';
import type { CloudWatchContext } from '../context.ts';
import { invalidCombination, invalidToken } from '../domain/errors.ts';
import type { MetricRecord } from '../records.ts';
import { metrics } from '../records.ts';

const pageSize = 500;
const hour = 3_600_000;
/** Metrics without data for two weeks are not listed. */
const listedFor = 14 * 24 * hour;

type After = Pick<MetricRecord, 'namespace' | 'metricName' | 'metricId'>;

const isAfter = (value: unknown): value is After =>
  typeof value === 'object' && value !== null && 'namespace' in value && 'metricName' in value && 'metricId' in value;

const afterOf = (token: string | undefined): After | undefined => {
  if (token === undefined) return undefined;
  const after = decodeToken(token);
  if (!isAfter(after)) throw invalidToken();
  return after;
};

const hasDimensions = (record: MetricRecord, filters: readonly cloudwatch.DimensionFilter[]): boolean =>
  filters.every(({ Name, Value }) =>
    record.dimensions.some(
      (dimension) => dimension.Name === Name && (Value === undefined || dimension.Value === Value),
    ),
  );

/** Lists metrics with data in the last two weeks, by namespace, name and dimensions; 500 a page. */
export const ListMetrics: Handler<cloudwatch.Operations, 'ListMetrics', CloudWatchContext> = async (
  input,
  { store, account, region, now },
) => {
  const { Namespace: namespace, MetricName: metricName } = input;
  const oldest = now() - (input.RecentlyActive === 'PT3H' ? 4 * hour : listedFor);
  const where = { account, region, ...(namespace === undefined ? {} : { namespace }) };
  const found: MetricRecord[] = [];
  let after = afterOf(input.NextToken);
  if (after !== undefined && namespace !== undefined && after.namespace !== namespace) {
    throw invalidCombination('The next token belongs to another request.');
  }
  await store.read(async (transaction) => {
    for (;;) {
      const rows = await transaction.list(metrics, {
        where: namespace !== undefined && metricName !== undefined ? { ...where, metricName } : where,
        after: after && { account, region, ...after },
        limit: pageSize,
      });
      for (const { record } of rows) {
        after = { namespace: record.namespace, metricName: record.metricName, metricId: record.metricId };
        const isAskedFor = metricName === undefined || record.metricName === metricName;
        if (!isAskedFor || record.activeAt < oldest || !hasDimensions(record, input.Dimensions ?? [])) continue;
        found.push(record);
        if (found.length === pageSize) return;
      }
      if (rows.length < pageSize) {
        after = undefined;
        return;
      }
    }
  });
  return {
    Metrics: found.map((record) => ({
      Namespace: record.namespace,
      MetricName: record.metricName,
      Dimensions: record.dimensions,
    })),
    ...(after === undefined ? {} : { NextToken: encodeToken(after) }),
  };
};
