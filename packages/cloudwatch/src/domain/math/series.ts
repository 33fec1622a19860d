/** Time series of metric math, and what is done to them point by point. Pure. */

export interface Series {
  readonly label: string;
  /** Seconds. */
  readonly period: number;
  /** By time in milliseconds since the epoch, in order of time. */
  readonly points: ReadonlyMap<number, number>;
}

/** What an expression can be: a number, one series, several, or a text or keyword among a function's arguments. */
export type Value = number | string | Series | readonly Series[];

export const isSeries = (value: Value): value is Series => typeof value === 'object' && 'points' in value;
export const isList = (value: Value): value is readonly Series[] => Array.isArray(value);

/** Leaves out what is no number: a division by zero has no point. */
const pointsOf = (entries: Iterable<readonly [number, number]>): ReadonlyMap<number, number> =>
  new Map([...entries].filter(([, value]) => Number.isFinite(value)).toSorted(([left], [right]) => left - right));

/** Each point by itself; @param change gets the value, the one before it, and both times. */
export const mapSeries = (
  series: Series,
  change: (value: number, at: number, before: readonly [number, number] | undefined) => number | undefined,
): Series => {
  let before: readonly [number, number] | undefined;
  const entries: (readonly [number, number])[] = [];
  for (const [at, value] of series.points) {
    const next = change(value, at, before);
    if (next !== undefined) entries.push([at, next]);
    before = [at, value];
  }
  return { ...series, points: pointsOf(entries) };
};

/** Two series, or one and a number, point by point; a point that one of them lacks counts as 0. */
export const combine = (
  left: Series | number,
  right: Series | number,
  by: (a: number, b: number) => number,
): Series => {
  const known = [left, right].filter((side) => typeof side !== 'number');
  const times = new Set(known.flatMap(({ points }) => [...points.keys()]));
  const at = (side: Series | number, time: number): number =>
    typeof side === 'number' ? side : (side.points.get(time) ?? 0);
  return {
    label: known[0]?.label ?? '',
    period: Math.max(...known.map(({ period }) => period)),
    points: pointsOf([...times].map((time) => [time, by(at(left, time), at(right, time))] as const)),
  };
};

/** Several series as one: at each time what `by` makes of the points that there are. */
export const across = (list: readonly Series[], by: (values: readonly number[]) => number): Series => {
  const times = new Set(list.flatMap(({ points }) => [...points.keys()]));
  const entries = [...times].map((time): readonly [number, number] => {
    const values = list.map(({ points }) => points.get(time)).filter((value) => value !== undefined);
    return [time, by(values)];
  });
  return { label: '', period: Math.max(0, ...list.map(({ period }) => period)), points: pointsOf(entries) };
};

/** The times of a range at which a series of this period can have points. @param period seconds */
export const gridOf = ({ start, end }: { readonly start: number; readonly end: number }, period: number) =>
  Array.from(
    { length: Math.max(0, Math.ceil((end - start) / (period * 1_000))) },
    (_, index) => start + index * period * 1_000,
  );

/** A series with a point at every time of its grid: missing ones are a number, the one before, or on the line between. */
export const fill = (series: Series, grid: readonly number[], by: number | 'LINEAR' | 'REPEAT' | Series): Series => {
  const known = [...series.points];
  const valueAt = (at: number): number | undefined => {
    const own = series.points.get(at);
    if (own !== undefined) return own;
    if (typeof by === 'number') return by;
    if (typeof by === 'object') return by.points.get(at);
    const before = known.findLast(([time]) => time < at);
    const after = known.find(([time]) => time > at);
    if (before === undefined || by === 'REPEAT') return before?.[1];
    if (after === undefined) return undefined;
    return before[1] + ((after[1] - before[1]) * (at - before[0])) / (after[0] - before[0]);
  };
  const entries = grid.flatMap((at) => {
    const value = valueAt(at);
    return value === undefined ? [] : [[at, value] as const];
  });
  return { ...series, points: pointsOf(entries) };
};
