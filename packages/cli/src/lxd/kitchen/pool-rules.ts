/**
 * The warm pool, decided: which instances that wait booted are taken, which go, and how many are missing. Pure.
 *
 * Invariant: an instance is only ever taken or removed by the run that changed its kind first, with the server
 * refusing whoever comes second.
 */

/** An instance of one project folder and platform that was launched ahead. */
export interface Member {
  readonly name: string;
  /** What it was launched from and with; only a request with the same key takes it. */
  readonly key: string;
  /** Booted and frozen. One that is not is still being made, or was left half-made. */
  readonly ready: boolean;
  /** Process id of who is making it. */
  readonly run: number;
  /** Milliseconds since the epoch. */
  readonly created: number;
}

export interface PoolWish {
  readonly key: string;
  /** How many are to wait; 0 drops the platform's pool. */
  readonly size: number;
  /** Members made before this moment are not used any more. */
  readonly oldest: number;
}

const isFresh = ({ oldest }: PoolWish, { created }: Member): boolean => created >= oldest;

/** Who may be taken over, the longest waiting first. */
export const decideTakes = (members: readonly Member[], wish: PoolWish): readonly string[] =>
  members
    .filter((member) => member.ready && member.key === wish.key && isFresh(wish, member))
    .toSorted((a, b) => a.created - b.created || a.name.localeCompare(b.name))
    .map(({ name }) => name);

/**
 * What brings the pool to its size: members to remove (too old, no longer wanted, more than wanted) and the number to
 * make. Members with another key stay until they are too old: another suite of the platform may want them.
 */
export const decidePool = (
  members: readonly Member[],
  wish: PoolWish,
  lives: (run: number) => boolean,
): { readonly retire: readonly string[]; readonly missing: number } => {
  const takes = wish.size === 0 ? [] : decideTakes(members, wish).slice(0, wish.size);
  const useless = members.filter((member) => {
    if (wish.size === 0) return true;
    if (!member.ready) return false;
    return !isFresh(wish, member) || (member.key === wish.key && !takes.includes(member.name));
  });
  const making = members.filter(({ key, ready, run }) => key === wish.key && !ready && lives(run));
  return {
    retire: useless.map(({ name }) => name),
    missing: Math.max(0, wish.size - takes.length - making.length),
  };
};
