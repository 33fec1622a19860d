import type { NetworkCounters, StatsSample } from './docker-stats.ts';

/**
 * The statistic sets of the telemetry protocol: what the samples of one container since the last report amount to.
 * Pure. `sampleCount` is the number of samples that were really taken.
 */

export interface CWStatsSet {
  readonly min: number;
  readonly max: number;
  readonly sum: number;
  readonly sampleCount: number;
}

/** Integers; `overflow…` is what goes beyond 2^63 − 1. */
export interface ULongStatsSet extends CWStatsSet {
  readonly overflowMin: number;
  readonly overflowMax: number;
  readonly overflowSum: number;
}

type CounterSets = { readonly [Name in keyof NetworkCounters]: ULongStatsSet };

export interface NetworkStatsSet extends CounterSets {
  readonly rxBytesPerSecond?: CWStatsSet;
  readonly txBytesPerSecond?: CWStatsSet;
}

export interface ContainerMetric {
  readonly containerName: string;
  readonly containerArn?: string;
  readonly cpuStatsSet: CWStatsSet;
  readonly memoryStatsSet: CWStatsSet;
  readonly storageStatsSet: { readonly readSizeBytes: ULongStatsSet; readonly writeSizeBytes: ULongStatsSet };
  readonly networkStatsSet?: NetworkStatsSet;
}

/** The set of some values; all zero of none. */
export const statsSet = (values: readonly number[]): CWStatsSet => {
  let [min, max, sum] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
  for (const value of values) {
    min = Math.min(min, value);
    max = Math.max(max, value);
    sum += value;
  }
  return values.length === 0
    ? { min: 0, max: 0, sum: 0, sampleCount: 0 }
    : { min, max, sum, sampleCount: values.length };
};

const LONG_MAX = 2 ** 63;

/** The set of a cumulative counter: minimum and maximum of the counter in the window, not rates. */
export const counterSet = (values: readonly number[]): ULongStatsSet => {
  const { min, max, sum, sampleCount } = statsSet(values.map(Math.round));
  const over = (value: number): number => Math.max(0, value - LONG_MAX);
  return {
    min: min - over(min),
    max: max - over(max),
    sum: sum - over(sum),
    sampleCount,
    overflowMin: over(min),
    overflowMax: over(max),
    overflowSum: over(sum),
  };
};

const COUNTERS = [
  'rxBytes',
  'rxPackets',
  'rxErrors',
  'rxDropped',
  'txBytes',
  'txPackets',
  'txErrors',
  'txDropped',
] as const satisfies readonly (keyof NetworkCounters)[];

/**
 * The network part. In awsvpc the interfaces belong to the task: each of its `sharedBy` containers counts a part.
 * Undefined where there are no interfaces.
 */
const networkStatsSet = (samples: readonly StatsSample[], sharedBy: number): NetworkStatsSet | undefined => {
  const counters = samples.map(({ network }) => network).filter((network) => network !== undefined);
  if (counters.length === 0) return undefined;
  const rates = samples.map((sample) => sample.rates).filter((rate) => rate !== undefined);
  const sets = Object.fromEntries(
    COUNTERS.map((name) => [name, counterSet(counters.map((each) => each[name] / sharedBy))] as const),
  ) as CounterSets;
  if (rates.length === 0) return sets;
  return {
    ...sets,
    rxBytesPerSecond: statsSet(rates.map(({ rxBytesPerSecond }) => rxBytesPerSecond / sharedBy)),
    txBytesPerSecond: statsSet(rates.map(({ txBytesPerSecond }) => txBytesPerSecond / sharedBy)),
  };
};

/** The metric of one container from its unsent samples; undefined while they hold no CPU figure yet. */
export const containerMetric = (
  container: { readonly name: string; readonly arn?: string | undefined; readonly networkSharedBy?: number },
  samples: readonly StatsSample[],
): ContainerMetric | undefined => {
  const cpu = samples.map(({ cpuPercent }) => cpuPercent).filter((value) => value !== undefined);
  if (cpu.length === 0) return undefined;
  const network = networkStatsSet(samples, container.networkSharedBy ?? 1);
  return {
    containerName: container.name,
    ...(container.arn === undefined ? {} : { containerArn: container.arn }),
    cpuStatsSet: statsSet(cpu),
    memoryStatsSet: statsSet(samples.map(({ memoryMiB }) => memoryMiB)),
    storageStatsSet: {
      readSizeBytes: counterSet(samples.map(({ readBytes }) => readBytes)),
      writeSizeBytes: counterSet(samples.map(({ writeBytes }) => writeBytes)),
    },
    ...(network === undefined ? {} : { networkStatsSet: network }),
  };
};
