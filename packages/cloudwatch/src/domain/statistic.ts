/** Statistics of points, by the names that CloudWatch has for them ("Statistics definitions"). Pure. */
import type { Point } from './point.ts';

type Statistic = (point: Point) => number | undefined;

const plain: ReadonlyMap<string, Statistic> = new Map<string, Statistic>([
  ['SampleCount', ({ count }) => count],
  ['Sum', ({ sum }) => sum],
  ['Average', ({ sum, count }) => sum / count],
  ['Minimum', ({ minimum }) => minimum],
  ['Maximum', ({ maximum }) => maximum],
]);

/** The value below or at which `percent` of the samples lie; unknown where only statistics were given. */
const percentile =
  (percent: number): Statistic =>
  ({ values, count }) => {
    if (values === undefined) return undefined;
    const wanted = (percent / 100) * count;
    let seen = 0;
    for (const [value, times] of values.toSorted(([left], [right]) => left - right)) {
      seen += times;
      if (seen >= wanted) return value;
    }
    return undefined;
  };

/** A percentile by its name: `p50`, `p99.9`, up to `p100`. */
export const percentileOf = (name: string): Statistic | undefined => {
  const [, percent] = /^p(\d{1,3}(?:\.\d{1,10})?)$/.exec(name) ?? [];
  return percent === undefined || Number(percent) > 100 ? undefined : percentile(Number(percent));
};

/** The statistic of that name; undefined for one that is not computed here (trimmed means and the like). */
export const statisticOf = (name: string): Statistic | undefined => plain.get(name) ?? percentileOf(name);
