/** Which machines to launch and to end for a capacity provider: from what it wants and what there is. Pure. */

/** A launched machine that belongs to the capacity provider. */
export interface ProvidedMachine {
  readonly name: string;
  /** Once its agent has joined. */
  readonly containerInstanceArn?: string | undefined;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

export interface ProvisionSnapshot {
  /** Machines that there shall be, beside those that are leaving; undefined where nothing is wanted of anybody. */
  readonly desiredCapacity: number | undefined;
  /** Container instances whose machines can be destroyed now. */
  readonly ended: ReadonlySet<string>;
  /** Those that are emptied first. */
  readonly emptying: ReadonlySet<string>;
  readonly machines: readonly ProvidedMachine[];
  /** Names of machines that are being launched or ended at this moment. */
  readonly busy: ReadonlySet<string>;
}

export interface ProvisionDecision {
  /** How many more machines to launch. */
  readonly launches: number;
  /** Names of machines to end. */
  readonly ends: readonly string[];
}

/** A machine that has not joined in this time was left by a launch that was cut off, in milliseconds. */
export const joinsWithin = 180_000;

/** Decides for one look. `now` is in milliseconds since the epoch. */
export const decideProvision = (
  { desiredCapacity, ended, emptying, machines, busy }: ProvisionSnapshot,
  now: number,
): ProvisionDecision => {
  if (desiredCapacity === undefined) return { launches: 0, ends: [] };
  const free = machines.filter(({ name }) => !busy.has(name));
  const isDead = ({ containerInstanceArn, createdAt }: ProvidedMachine): boolean =>
    containerInstanceArn === undefined && now - createdAt > joinsWithin;
  const isEnded = ({ containerInstanceArn = '' }: ProvidedMachine): boolean => ended.has(containerInstanceArn);
  const ends = free.filter((machine) => isDead(machine) || isEnded(machine)).map(({ name }) => name);
  const going = new Set(ends);
  const counted = machines.filter(
    ({ name, containerInstanceArn = '' }) =>
      !going.has(name) && !ended.has(containerInstanceArn) && !emptying.has(containerInstanceArn),
  );
  // What is being launched and is not seen yet counts as well.
  const seen = new Set(machines.map(({ name }) => name));
  const coming = [...busy].filter((name) => !seen.has(name)).length;
  return { launches: Math.max(0, desiredCapacity - counted.length - coming), ends };
};
