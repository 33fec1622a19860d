/** One datum of PutMetricData, checked and turned into a point of its minute (API reference, MetricDatum). Pure. */
import type { cloudwatch } from '@oreno/aws-wire';
import { invalidCombination, invalidValue, missingParameter } from './errors.ts';
import type { Point } from './point.ts';
import { pointOf } from './point.ts';

const largest = 2 ** 360;
const day = 86_400_000;
const minute = 60_000;
const mostValues = 150;
const mostDimensions = 30;

const check = (value: number, name: string): number => {
  if (!Number.isFinite(value)) throw invalidValue(`The value ${value} for parameter ${name} is invalid.`);
  if (Math.abs(value) > largest) throw invalidValue(`The value ${value} for parameter ${name} is out of range.`);
  return value;
};

const timeOf = (datum: cloudwatch.MetricDatum, name: string, now: number): number => {
  const at = datum.Timestamp ?? now;
  if (at < now - 14 * day || at > now + 2 * 60 * minute) {
    throw invalidValue(
      `The parameter ${name}.Timestamp must specify a time no more than two hours in the future and no more than two weeks in the past.`,
    );
  }
  return Math.floor(at / minute) * minute;
};

const statisticsPoint = (at: number, set: cloudwatch.StatisticSet, name: string): Point => {
  const count = check(set.SampleCount, `${name}.StatisticValues.SampleCount`);
  if (count <= 0)
    throw invalidValue(`The value ${count} for parameter ${name}.StatisticValues.SampleCount is invalid.`);
  if (set.Minimum > set.Maximum) {
    throw invalidCombination(`The parameter ${name}.StatisticValues.Maximum must be greater than or equal to Minimum.`);
  }
  return {
    at,
    count,
    sum: check(set.Sum, `${name}.StatisticValues.Sum`),
    minimum: check(set.Minimum, `${name}.StatisticValues.Minimum`),
    maximum: check(set.Maximum, `${name}.StatisticValues.Maximum`),
  };
};

const valuesPoint = (at: number, datum: cloudwatch.MetricDatum, name: string): Point => {
  const values = datum.Values ?? [];
  const counts = datum.Counts ?? values.map(() => 1);
  if (values.length === 0) throw missingParameter(`The parameter ${name}.Values is required.`);
  if (values.length > mostValues) {
    throw invalidValue(`The collection ${name}.Values must not have a size greater than ${mostValues}.`);
  }
  if (values.length !== counts.length) {
    throw invalidValue(`The parameters ${name}.Values and ${name}.Counts must be of the same size.`);
  }
  return pointOf(
    at,
    values.map((value, index) => [
      check(value, `${name}.Values.member.${index + 1}`),
      check(counts[index] ?? 1, `${name}.Counts.member.${index + 1}`),
    ]),
  );
};

/** Dimensions in the order that makes two spellings of the same metric one. */
export const sortDimensions = (
  dimensions: readonly cloudwatch.Dimension[] | undefined,
  name: string,
): readonly cloudwatch.Dimension[] => {
  const given = dimensions ?? [];
  if (given.length > mostDimensions) {
    throw invalidValue(`The collection ${name} must not have a size greater than ${mostDimensions}.`);
  }
  if (new Set(given.map((dimension) => dimension.Name)).size !== given.length) {
    throw invalidValue(`No parameter ${name} may name the same dimension twice.`);
  }
  return given.map(({ Name, Value }) => ({ Name, Value })).toSorted((left, right) => (left.Name < right.Name ? -1 : 1));
};

/**
 * The point that a datum says. Data of a finer resolution than a minute is kept by the minute.
 * Throws what PutMetricData answers for a datum it does not take.
 * @param name the datum's place in the request, as error texts name it
 */
export const pointOfDatum = (datum: cloudwatch.MetricDatum, name: string, now: number): Point => {
  const [first, second] = (['Value', 'Values', 'StatisticValues'] as const).filter((form) => datum[form] !== undefined);
  if (first === undefined) {
    throw missingParameter(
      `At least one of the parameters ${name}.Value, ${name}.Values and ${name}.StatisticValues must be specified.`,
    );
  }
  // Values beside StatisticValues are let through, as CloudWatch does; the set counts.
  if (first === 'Value' && second !== undefined) {
    throw invalidCombination(
      `The parameters ${name}.${first} and ${name}.${second} are mutually exclusive and you have specified both.`,
    );
  }
  const at = timeOf(datum, name, now);
  if (datum.StatisticValues !== undefined) return statisticsPoint(at, datum.StatisticValues, name);
  if (datum.Values !== undefined) return valuesPoint(at, datum, name);
  return pointOf(at, [[check(datum.Value ?? 0, `${name}.Value`), 1]]);
};
