/**
 * Which instances changed in what is left of them or in where they belong, in order, so that whoever keeps
 * instances in an order of its own moves those alone. Readers remember how far they have read.
 */
import type { InstanceState } from './instance-state.ts';

export interface Touched {
  /** Position of the first entry that is still there. */
  base: number;
  entries: InstanceState[];
}

/** Entries kept at most: whoever is further behind orders everything anew, which is cheaper by then. */
const mostKept = 8_192;

export const createTouched = (): Touched => ({ base: 0, entries: [] });

export const touch = (touched: Touched, instance: InstanceState): void => {
  touched.entries.push(instance);
  if (touched.entries.length <= 2 * mostKept) return;
  touched.base += mostKept;
  touched.entries = touched.entries.slice(mostKept);
};

/** The position behind the newest entry. */
export const endOf = ({ base, entries }: Touched): number => base + entries.length;

/** What was touched from a position on; undefined where some of it is no longer known. */
export const touchedSince = ({ base, entries }: Touched, position: number): readonly InstanceState[] | undefined =>
  position < base ? undefined : entries.slice(position - base);
