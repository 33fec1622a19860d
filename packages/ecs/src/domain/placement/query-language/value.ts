/** How the language orders values: versions part by part, dates in time, numbers as numbers, the rest as text. */

/** The parts of a dotted version; undefined when it is none. A leading `v` and a suffix (`-beta`) are left out. */
export const parseVersion = (text: string): readonly number[] | undefined => {
  const found = /^v?(\d{1,9}(?:\.\d{1,9})*)(?:[-+].*)?$/.exec(text)?.[1];
  return found?.split('.').map(Number);
};

/** Negative, zero or positive, as for sorting; parts that are missing count as 0. */
export const compareVersions = (left: readonly number[], right: readonly number[]): number => {
  const length = Math.max(left.length, right.length);
  for (let part = 0; part < length; part += 1) {
    const difference = (left[part] ?? 0) - (right[part] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
};

const documentedDate = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2}(Z|[+-]\d{2}:\d{2})?)?$/;

/** A date in one of the four documented formats, in milliseconds since the epoch; UTC where it names no zone. */
export const parseDate = (text: string): number | undefined => {
  const found = documentedDate.exec(text);
  if (found === null) return undefined;
  const time = Date.parse(text.includes('T') && found[1] === undefined ? `${text}Z` : text);
  return Number.isNaN(time) ? undefined : time;
};

const number = /^-?\d+(?:\.\d+)?$/;

/** Orders attribute values: as numbers when both are, as text otherwise. */
export const compareValues = (left: string, right: string): number => {
  if (number.test(left) && number.test(right)) return Number(left) - Number(right);
  return left < right ? -1 : Number(left > right);
};
