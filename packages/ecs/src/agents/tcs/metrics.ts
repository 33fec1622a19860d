/**
 * What agents publish about the resources their tasks use, read from a message into plain numbers. Who keeps
 * them is behind {@link UsageSink}. Pure.
 */
import type { Members } from '../envelope.ts';
import { isMembers, list, number, text } from '../envelope.ts';
import type { InstanceKey } from '../instance-key.ts';

/** A set of samples, about one a second: what CloudWatch calls a statistic set. */
export interface StatisticSet {
  readonly minimum: number;
  readonly maximum: number;
  readonly sum: number;
  readonly sampleCount: number;
}

export interface ContainerUsage {
  readonly containerName: string;
  /** Percent of the whole instance, all cores together. */
  readonly cpu?: StatisticSet | undefined;
  /** MiB without the page cache. */
  readonly memory?: StatisticSet | undefined;
}

export interface TaskUsage {
  readonly taskArn: string;
  readonly containers: readonly ContainerUsage[];
}

/** One message of one instance. */
export interface UsageReport {
  readonly instance: InstanceKey;
  /** CPU units of the whole instance: what the percentages are of. */
  readonly registeredCpu: number;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly tasks: readonly TaskUsage[];
}

/** Where published usage goes. Must not throw and must not block. */
export interface UsageSink {
  publish(report: UsageReport): void;
}

const statisticSet = (value: unknown): StatisticSet | undefined => {
  if (!isMembers(value)) return undefined;
  const [minimum, maximum] = [number(value, 'min'), number(value, 'max')];
  const [sum, sampleCount] = [number(value, 'sum'), number(value, 'sampleCount')];
  if (minimum === undefined || maximum === undefined || sum === undefined || !sampleCount) return undefined;
  return { minimum, maximum, sum, sampleCount };
};

const containerUsage = (metric: Members): ContainerUsage => ({
  containerName: text(metric, 'containerName') ?? '',
  cpu: statisticSet(metric['cpuStatsSet']),
  memory: statisticSet(metric['memoryStatsSet']),
});

/** The usage in a PublishMetricsRequest; sets without samples are left out. */
export const readUsage = (message: Members): readonly TaskUsage[] =>
  list(message, 'taskMetrics').map((task) => ({
    taskArn: text(task, 'taskArn') ?? '',
    containers: list(task, 'containerMetrics').map(containerUsage),
  }));
