/**
 * When an alarm is evaluated, and over which periods. CloudWatch evaluates once a minute (every ten seconds where the
 * period is shorter than a minute); the newest period ends with the last full minute. More periods are looked at than
 * are evaluated, so that a point that is late or missing does not change the state at once. (User guide, "Alarm
 * evaluation", "How alarm state is evaluated when data is missing".) Pure.
 */

const minute = 60_000;
/** Points of a minute come in shortly after its end. */
const delay = 5_000;
/** The guide's example looks at five points to evaluate three. */
const lookedAtBesides = 2;

/** Milliseconds between evaluations. @param period seconds */
export const intervalOf = (period: number): number => (period < 60 ? 10_000 : minute);

/** The first evaluation after `now`. @param period seconds */
export const nextEvaluation = (period: number, now: number): number => {
  const interval = intervalOf(period);
  return (Math.floor((now - delay) / interval) + 1) * interval + delay;
};

export interface Window {
  /** Milliseconds since the epoch; a whole number of periods before `end`. */
  readonly start: number;
  readonly end: number;
  /** Milliseconds. */
  readonly period: number;
}

/** The evaluation range at `now`. @param period seconds */
export const windowAt = (period: number, evaluationPeriods: number, now: number): Window => {
  const interval = intervalOf(period);
  const end = Math.floor(now / interval) * interval;
  const length = period * 1_000;
  return { start: end - (evaluationPeriods + lookedAtBesides) * length, end, period: length };
};

/** A period of the evaluation range; without a value there was no data. */
export interface Slot {
  /** The start of the period. */
  readonly at: number;
  readonly value?: number | undefined;
  readonly sampleCount?: number | undefined;
}

/** The periods of a window, oldest first, with the points that there are. */
export const slotsOf = ({ start, end, period }: Window, points: ReadonlyMap<number, Slot>): readonly Slot[] =>
  Array.from({ length: Math.round((end - start) / period) }, (_, index) => {
    const at = start + index * period;
    return points.get(at) ?? { at };
  });
