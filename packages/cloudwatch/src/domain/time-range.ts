/** The time ranges and periods that reading metrics takes (API reference, GetMetricStatistics, GetMetricData). Pure. */
import { invalidValue } from './errors.ts';

const minute = 60_000;

export interface TimeRange {
  /** Milliseconds since the epoch, rounded down to the minute. */
  readonly start: number;
  readonly end: number;
}

const second = 1_000;

/** Negative, 0 or positive as the range is forward, empty or backward: CloudWatch looks at whole seconds. */
export const compareTimes = (start: number, end: number): number =>
  Math.floor(start / second) - Math.floor(end / second);

/** The range of a request; throws InvalidParameterValue when it is empty. */
export const timeRange = (start: number, end: number): TimeRange => {
  if (compareTimes(start, end) >= 0) {
    throw invalidValue('The parameter StartTime must be less than the parameter EndTime.');
  }
  return { start: Math.floor(start / minute) * minute, end };
};

const shortPeriods = new Set([1, 5, 10, 20, 30]);

/**
 * A period in milliseconds. Data is kept by the minute: a shorter period is read as one minute.
 * @param seconds 1, 5, 10, 20, 30 or a multiple of 60
 */
export const periodOf = (seconds: number, name: string): number => {
  if (shortPeriods.has(seconds)) return minute;
  if (!Number.isInteger(seconds) || seconds < 60 || seconds % 60 !== 0) {
    throw invalidValue(`The parameter ${name} must be greater than 0 and a multiple of 60, or 1, 5, 10, 20 or 30.`);
  }
  return seconds * 1_000;
};
