/**
 * A point: what is known of a metric in one period. Points of the same or of neighbouring periods are joined
 * without loss for the five statistics; the values themselves, which percentiles need, are kept while they are
 * few. Pure.
 */

export interface Point {
  /** The start of its period, milliseconds since the epoch. */
  readonly at: number;
  readonly count: number;
  readonly sum: number;
  readonly minimum: number;
  readonly maximum: number;
  /** Each value with how often it came; absent when there were too many or only statistics were given. */
  readonly values?: readonly (readonly [value: number, count: number])[] | undefined;
}

/** As many different values as PutMetricData takes in one datum. */
const mostValues = 150;

/** The point of some values and how often each came; `values` is not empty. */
export const pointOf = (at: number, values: readonly (readonly [number, number])[]): Point => ({
  at,
  count: values.reduce((sum, [, count]) => sum + count, 0),
  sum: values.reduce((sum, [value, count]) => sum + value * count, 0),
  minimum: values.reduce((least, [value]) => Math.min(least, value), Infinity),
  maximum: values.reduce((most, [value]) => Math.max(most, value), -Infinity),
  values,
});

const joinValues = (left: Point['values'], right: Point['values']): Point['values'] => {
  if (left === undefined || right === undefined) return undefined;
  const counts = new Map<number, number>();
  for (const [value, count] of [...left, ...right]) counts.set(value, (counts.get(value) ?? 0) + count);
  return counts.size > mostValues ? undefined : [...counts];
};

/** Both points as one, at the first one's time. */
export const joinPoints = (left: Point, right: Point): Point => ({
  at: left.at,
  count: left.count + right.count,
  sum: left.sum + right.sum,
  minimum: Math.min(left.minimum, right.minimum),
  maximum: Math.max(left.maximum, right.maximum),
  values: joinValues(left.values, right.values),
});

/**
 * Points joined into periods, in order of time.
 * @param period milliseconds
 * @param origin where a period starts, milliseconds since the epoch
 */
export const groupPoints = (points: readonly Point[], period: number, origin = 0): readonly Point[] => {
  const periods = new Map<number, Point>();
  for (const point of points) {
    const at = origin + Math.floor((point.at - origin) / period) * period;
    const known = periods.get(at);
    periods.set(at, known === undefined ? { ...point, at } : joinPoints(known, point));
  }
  return [...periods.values()].toSorted((left, right) => left.at - right.at);
};
