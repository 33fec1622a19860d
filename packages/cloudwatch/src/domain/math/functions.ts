/** The functions of metric math, by their names (CloudWatch user guide, "Functions supported for metric math"). Pure. */
import { across, combine, fill, gridOf, isList, isSeries, mapSeries } from './series.ts';
import type { Series, Value } from './series.ts';

/** What functions work with, besides their arguments. */
export interface MathScope {
  readonly range: { readonly start: number; readonly end: number };
  /** The metrics of the request, by their ids; no expressions. */
  readonly metrics: ReadonlyMap<string, Series>;
  /** Seconds: of the finest metric, or what the request says. */
  readonly period: number;
}

/** Throws WrongArguments where the arguments are not what it takes. */
export type MathFunction = (args: readonly Value[], scope: MathScope) => Value;

/** A function was given what it does not take. */
export class WrongArguments extends Error {}

const wrong = (what: string): never => {
  throw new WrongArguments(what);
};

const seriesAt = (args: readonly Value[], index: number): Series => {
  const value = args[index];
  return value !== undefined && isSeries(value) ? value : wrong('a time series');
};

const listAt = (args: readonly Value[], index: number): readonly Series[] => {
  const value = args[index];
  if (value !== undefined && isSeries(value)) return [value];
  return value !== undefined && isList(value) ? value : wrong('an array of time series');
};

const numberAt = (args: readonly Value[], index: number): number => {
  const value = args[index];
  return typeof value === 'number' ? value : wrong('a number');
};

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
const average = (values: readonly number[]): number => sum(values) / values.length;
const deviation = (values: readonly number[]): number => {
  const mean = average(values);
  return Math.sqrt(average(values.map((value) => (value - mean) ** 2)));
};

type Statistic = (values: readonly number[]) => number;

/** Of one series a number; of several a series. */
const statistic =
  (by: Statistic): MathFunction =>
  ([value = wrong('a time series')]) => {
    if (isSeries(value)) return by([...value.points.values()]);
    if (isList(value)) return across(value, by);
    return typeof value === 'number' ? value : wrong('a time series');
  };

const each =
  (
    change: (series: Series) => Series,
    scalar: (value: number) => number = () => wrong('a time series'),
  ): MathFunction =>
  ([value = wrong('a time series')]) => {
    if (isSeries(value)) return change(value);
    if (isList(value)) return value.map(change);
    return typeof value === 'number' ? scalar(value) : wrong('a time series');
  };

const pointwise = (by: (value: number) => number): MathFunction => each((series) => mapSeries(series, by), by);

const fillBy: MathFunction = ([value = wrong('a time series'), by = wrong('a filler')], { range }) => {
  if (isList(by)) return wrong('a number, a time series, REPEAT or LINEAR');
  if (typeof by === 'string' && by !== 'REPEAT' && by !== 'LINEAR') return wrong('REPEAT or LINEAR');
  const one = (series: Series): Series => fill(series, gridOf(range, series.period), by);
  return each(one)([value], { range, metrics: new Map(), period: 0 });
};

/** `IF(condition, then, else)`: at each time of the condition; without an else only where it holds. */
const choose: MathFunction = ([condition = wrong('a condition'), then = wrong('a value'), otherwise]) => {
  if (typeof condition === 'number') return condition === 0 ? (otherwise ?? wrong('a value')) : then;
  if (!isSeries(condition)) return wrong('a time series or a number');
  const at = (value: Value | undefined, time: number): number | undefined => {
    if (value === undefined || typeof value === 'number') return value;
    return isSeries(value) ? value.points.get(time) : wrong('a time series or a number');
  };
  return mapSeries(condition, (holds, time) => at(holds === 0 ? otherwise : then, time));
};

const statistics: Readonly<Record<string, Statistic | undefined>> = {
  SUM: sum,
  AVG: average,
  MIN: (values) => Math.min(...values),
  MAX: (values) => Math.max(...values),
};

const sort: MathFunction = (args) => {
  const [, by = 'AVG', direction = 'ASC', limit = Infinity] = args;
  const of = typeof by === 'string' ? statistics[by] : undefined;
  if (of === undefined || (direction !== 'ASC' && direction !== 'DESC') || typeof limit !== 'number') {
    return wrong('AVG, MAX, MIN or SUM, ASC or DESC, and a number');
  }
  const ordered = listAt(args, 0).toSorted(
    (left, right) => of([...left.points.values()]) - of([...right.points.values()]),
  );
  return (direction === 'ASC' ? ordered : ordered.toReversed()).slice(0, limit);
};

const slice: MathFunction = (args) => {
  const list = listAt(args, 0);
  const from = numberAt(args, 1);
  return args.length < 3 ? (list[from] ?? []) : list.slice(from, numberAt(args, 2));
};

const running = (series: Series): Series => {
  let total = 0;
  return mapSeries(series, (value) => (total += value));
};

export const functions: Readonly<Record<string, MathFunction | undefined>> = {
  ABS: pointwise(Math.abs),
  AVG: statistic(average),
  CEIL: pointwise(Math.ceil),
  DATAPOINT_COUNT: statistic((values) => values.length),
  DIFF: each((series) => mapSeries(series, (value, _, before) => before && value - before[1])),
  DIFF_TIME: each((series) => mapSeries(series, (_, at, before) => before && (at - before[0]) / 1_000)),
  FILL: fillBy,
  FIRST: (args) => listAt(args, 0)[0] ?? [],
  FLOOR: pointwise(Math.floor),
  IF: choose,
  LAST: (args) => listAt(args, 0).at(-1) ?? [],
  LOG: pointwise(Math.log),
  LOG10: pointwise(Math.log10),
  MAX: statistic((values) => Math.max(...values)),
  METRICS: ([filter = ''], { metrics }) =>
    typeof filter === 'string'
      ? [...metrics].filter(([id]) => id.includes(filter)).map(([, series]) => series)
      : wrong('a text'),
  METRIC_COUNT: (args) => listAt(args, 0).length,
  MIN: statistic((values) => Math.min(...values)),
  PERIOD: (args) => seriesAt(args, 0).period,
  RATE: each((series) =>
    mapSeries(series, (value, at, before) => before && ((value - before[1]) * 1_000) / (at - before[0])),
  ),
  REMOVE_EMPTY: (args) => listAt(args, 0).filter(({ points }) => points.size > 0),
  RUNNING_SUM: each((series) => running(series)),
  SLICE: slice,
  SORT: sort,
  STDDEV: statistic(deviation),
  SUM: statistic(sum),
  TIME_SERIES: (args, { range, period }) => {
    const value = numberAt(args, 0);
    return { label: '', period, points: new Map(gridOf(range, period).map((at) => [at, value])) };
  },
};

const truth = (value: boolean): number => (value ? 1 : 0);

/** The operators on two numbers; comparisons are 1 or 0. */
export const operators: Readonly<Record<string, ((left: number, right: number) => number) | undefined>> = {
  '+': (left, right) => left + right,
  '-': (left, right) => left - right,
  '*': (left, right) => left * right,
  '/': (left, right) => (right === 0 ? Number.NaN : left / right),
  '^': (left, right) => left ** right,
  '==': (left, right) => truth(left === right),
  '!=': (left, right) => truth(left !== right),
  '<': (left, right) => truth(left < right),
  '<=': (left, right) => truth(left <= right),
  '>': (left, right) => truth(left > right),
  '>=': (left, right) => truth(left >= right),
  '&&': (left, right) => truth(left !== 0 && right !== 0),
  '||': (left, right) => truth(left !== 0 || right !== 0),
};

/** An operator on anything that can be counted with: several series each by itself. */
export const operate = (by: (left: number, right: number) => number, left: Value, right: Value): Value => {
  if (typeof left === 'string' || typeof right === 'string') return wrong('numbers or time series');
  if (typeof left === 'number' && typeof right === 'number') return by(left, right);
  if (isList(left) && isList(right)) return wrong('at most one array of time series');
  if (isList(left)) return left.map((one) => ({ ...combine(one, right as number | Series, by), label: one.label }));
  if (isList(right)) return right.map((one) => ({ ...combine(left, one, by), label: one.label }));
  return combine(left, right, by);
};
