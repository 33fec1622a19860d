import type { ContainerStats, NetworkStats } from '@oreno/engine';

/**
 * What one answer of Docker's stats call and its predecessor say about a container. Pure. Members that cgroup v1,
 * cgroup v2 or a network mode leaves out count as nothing; a container that does not run gives no sample.
 */

/** The sum of a container's interfaces; cumulative counters. */
export interface NetworkCounters {
  readonly rxBytes: number;
  readonly rxPackets: number;
  readonly rxErrors: number;
  readonly rxDropped: number;
  readonly txBytes: number;
  readonly txPackets: number;
  readonly txErrors: number;
  readonly txDropped: number;
}

export interface NetworkRates {
  readonly rxBytesPerSecond: number;
  readonly txBytesPerSecond: number;
}

export interface StatsSample {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Percent of the whole machine, all cores together; undefined in the first sample of a container. */
  readonly cpuPercent: number | undefined;
  /** Whole MiB without the page cache. */
  readonly memoryMiB: number;
  readonly readBytes: number;
  readonly writeBytes: number;
  /** Undefined where the container has no interfaces of its own: host and none. */
  readonly network: NetworkCounters | undefined;
  readonly rates: NetworkRates | undefined;
}

const MIB = 1024 * 1024;

/** Memory in use without the page cache, in bytes: `cache` on cgroup v1, `inactive_file` on v2. */
const memoryWithoutCache = (stats: ContainerStats): number => {
  const { usage = 0, stats: detail } = stats.memory_stats;
  return Math.max(0, usage - (detail?.['cache'] ?? detail?.['inactive_file'] ?? 0));
};

/** The sum of all interfaces, or undefined when there is none. */
const networkCounters = (stats: ContainerStats): NetworkCounters | undefined => {
  const interfaces = Object.values(stats.networks ?? {});
  if (interfaces.length === 0) return undefined;
  const sum = (name: keyof NetworkStats): number => interfaces.reduce((total, each) => total + each[name], 0);
  return {
    rxBytes: sum('rx_bytes'),
    rxPackets: sum('rx_packets'),
    rxErrors: sum('rx_errors'),
    rxDropped: sum('rx_dropped'),
    txBytes: sum('tx_bytes'),
    txPackets: sum('tx_packets'),
    txErrors: sum('tx_errors'),
    txDropped: sum('tx_dropped'),
  };
};

const storageBytes = (stats: ContainerStats, operation: 'read' | 'write'): number =>
  (stats.blkio_stats.io_service_bytes_recursive ?? [])
    // cgroup v1 says "Read", v2 "read".
    .filter(({ op }) => op.toLowerCase() === operation)
    .reduce((total, { value }) => total + value, 0);

/** How many cores share the machine's time. */
const onlineCpus = (stats: ContainerStats): number =>
  stats.cpu_stats.online_cpus ?? stats.cpu_stats.cpu_usage.percpu_usage?.length ?? 1;

/** When a sample was taken, milliseconds since the epoch; undefined for a container that does not run. */
const readTime = (stats: ContainerStats): number | undefined => {
  const time = Date.parse(stats.read);
  return Number.isNaN(time) || time <= 0 ? undefined : time;
};

/** The measurement that an answer carries of the moment before it, where the engine took one. */
const ownPrecursor = (stats: ContainerStats): { at: number; cpuNanoseconds: number } | undefined => {
  const at = Date.parse(stats.preread);
  return Number.isNaN(at) || at <= 0 ? undefined : { at, cpuNanoseconds: stats.precpu_stats.cpu_usage.total_usage };
};

const cpuPercent = (stats: ContainerStats, before: ContainerStats | undefined, at: number): number | undefined => {
  const beforeAt = before === undefined ? undefined : readTime(before);
  const from =
    before === undefined || beforeAt === undefined
      ? ownPrecursor(stats)
      : { at: beforeAt, cpuNanoseconds: before.cpu_stats.cpu_usage.total_usage };
  if (from === undefined || at <= from.at) return undefined;
  const used = stats.cpu_stats.cpu_usage.total_usage - from.cpuNanoseconds;
  // A container that was started again counts from zero.
  return Math.max(0, (100 * used) / onlineCpus(stats) / ((at - from.at) * 1e6));
};

/** Bytes a second between two samples; zero where a counter went back, undefined without interfaces. */
export const networkRates = (before: ContainerStats, after: ContainerStats): NetworkRates | undefined => {
  const [old, fresh] = [networkCounters(before), networkCounters(after)];
  const seconds = ((readTime(after) ?? 0) - (readTime(before) ?? 0)) / 1000;
  if (old === undefined || fresh === undefined || seconds <= 0) return undefined;
  return {
    rxBytesPerSecond: Math.max(0, fresh.rxBytes - old.rxBytes) / seconds,
    txBytesPerSecond: Math.max(0, fresh.txBytes - old.txBytes) / seconds,
  };
};

/** One sample of a container, or undefined when the answer holds nothing (it does not run). */
export const sampleOf = (stats: ContainerStats, before: ContainerStats | undefined): StatsSample | undefined => {
  const at = readTime(stats);
  if (at === undefined) return undefined;
  return {
    at,
    cpuPercent: cpuPercent(stats, before, at),
    memoryMiB: Math.floor(memoryWithoutCache(stats) / MIB),
    readBytes: storageBytes(stats, 'read'),
    writeBytes: storageBytes(stats, 'write'),
    network: networkCounters(stats),
    rates: before === undefined ? undefined : networkRates(before, stats),
  };
};
