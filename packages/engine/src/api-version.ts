/** The version of the Engine API that these types describe. */
export const wantedApiVersion = '1.41';

/**
 * The version to speak: the wanted one where the engine has it, else the nearest it offers. Engine versions count
 * their parts as numbers (1.9 is older than 1.41).
 */
export function apiVersionFor(wanted: string, newest: string, oldest: string | undefined): string {
  if (compareApiVersions(newest, wanted) < 0) return newest;
  if (oldest !== undefined && compareApiVersions(oldest, wanted) > 0) return oldest;
  return wanted;
}

/** Negative, zero or positive, as `left` is older than, equal to or newer than `right`. */
export function compareApiVersions(left: string, right: string): number {
  const [leftMajor = 0, leftMinor = 0] = left.split('.').map(Number);
  const [rightMajor = 0, rightMinor = 0] = right.split('.').map(Number);
  return leftMajor - rightMajor || leftMinor - rightMinor;
}
