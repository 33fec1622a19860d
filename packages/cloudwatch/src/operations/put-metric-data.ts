import type { cloudwatch, Handler } from '@oreno/aws-wire';
import type { CloudWatchContext } from '../context.ts';
import { pointOfDatum, sortDimensions } from '../domain/datum.ts';
import { invalidValue, missingParameter } from '../domain/errors.ts';
import type { Entry } from '../metric-store.ts';
import { writeEntries } from '../metric-store.ts';

const mostData = 1_000;

/** Publishes metric data, all of a request or none; it is durable when the call answers. */
export const PutMetricData: Handler<cloudwatch.Operations, 'PutMetricData', CloudWatchContext> = async (
  input,
  { store, account, region, now },
) => {
  const namespace = input.Namespace;
  if (namespace.startsWith('AWS/')) {
    throw invalidValue(`The value ${namespace} for parameter Namespace is invalid.`);
  }
  const data = [
    ...(input.MetricData ?? []),
    ...(input.EntityMetricData ?? []).flatMap((each) => each.MetricData ?? []),
  ];
  if (data.length === 0) throw missingParameter('The parameter MetricData is required.');
  if (data.length > mostData) {
    throw invalidValue(`The collection MetricData must not have a size greater than ${mostData}.`);
  }
  const entries = data.map((datum, index): Entry => {
    const name = `MetricData.member.${index + 1}`;
    const dimensions = sortDimensions(datum.Dimensions, `${name}.Dimensions`);
    return {
      metric: { account, region, namespace, metricName: datum.MetricName, dimensions },
      unit: datum.Unit ?? 'None',
      point: pointOfDatum(datum, name, now()),
    };
  });
  await writeEntries(store, entries);
};
