import type { TcsEnd } from './tcs-connection.ts';

/** When the telemetry connects again after an end. Pure. */

/** The ends after which Amazon's agent connects again at once. */
const QUIET_CODES = new Set([1000, 1001, 1006, 1011]);
const FIRST_MS = 1000;
const LONGEST_MS = 60_000;
/** A connection that did not last is a failure whatever its code, or a server that drops everybody is hammered. */
const LASTED_MS = 1000;

/**
 * The delay before the next attempt, in milliseconds, and the step of the backoff that it leaves. `random` is from
 * 0 to 1.
 */
export const decideReconnect = (
  end: TcsEnd,
  at: { readonly now: number; readonly previousStepMs: number; readonly random: number },
): { readonly delayMs: number; readonly stepMs: number } => {
  const lasted = end.openedAt !== undefined && at.now - end.openedAt >= LASTED_MS;
  if (lasted && QUIET_CODES.has(end.code)) return { delayMs: 0, stepMs: 0 };
  const stepMs = at.previousStepMs === 0 || lasted ? FIRST_MS : Math.min(LONGEST_MS, at.previousStepMs * 2);
  return { delayMs: stepMs * (1 + at.random * 0.2), stepMs };
};
