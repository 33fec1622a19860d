/**
 * The metrics of the namespace AWS/ECS, made each minute from what agents published in it: one sample for each
 * running task of a service, and one for each cluster. (ECS developer guide, "Amazon ECS CloudWatch metrics".)
 *
 * Invariants: what a task was given is read once and kept while the task publishes; a report is worth a few
 * numbers of memory until its minute is over; nothing here ever makes a session wait.
 */
import type { Log } from '@oreno/reconcile';
import type { Store } from '@oreno/store';
import { containerInstances, tasks } from '../../records.ts';
import type { Scope } from '../../records.ts';
import type { MetricSample, MetricSink } from '../metric-sink.ts';
import type { ContainerUsage, StatisticSet, TaskUsage, UsageReport, UsageSink } from './metrics.ts';

/** What a task used in the minute so far: sums over its reports. */
interface TaskMinute {
  readonly cpu: number;
  readonly memory: number;
  readonly reports: number;
}

/** What a task was given, and for whom it runs. */
interface TaskShare {
  /** CPU units and MiB. */
  readonly cpu: number;
  readonly memory: number;
  readonly serviceName: string | undefined;
}

/** The minute of one cluster: the means of its tasks, and what its instances have in all. */
interface ClusterMinute extends Scope {
  readonly clusterName: string;
  readonly at: number;
  readonly registered: { readonly cpu: number; readonly memory: number };
  readonly tasks: readonly { readonly share: TaskShare; readonly cpu: number; readonly memory: number }[];
}

const mean = (set: StatisticSet | undefined): number => (set === undefined ? 0 : set.sum / set.sampleCount);

const total = (
  containers: readonly ContainerUsage[],
  of: (usage: ContainerUsage) => StatisticSet | undefined,
): number => containers.reduce((sum, container) => sum + mean(of(container)), 0);

/** A task's minute with one more report: agents say percent of the whole instance, ECS counts in CPU units. */
const addReport = (minute: TaskMinute | undefined, usage: TaskUsage, instanceCpu: number): TaskMinute => ({
  cpu: (minute?.cpu ?? 0) + (total(usage.containers, ({ cpu }) => cpu) / 100) * instanceCpu,
  memory: (minute?.memory ?? 0) + total(usage.containers, ({ memory }) => memory),
  reports: (minute?.reports ?? 0) + 1,
});

const percent = (part: number, whole: number): readonly number[] => (whole > 0 ? [(part / whole) * 100] : []);

const sumOf = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((sum, item) => sum + of(item), 0);

/** The samples of a cluster's minute. A cluster or service without running tasks has none. */
const ecsSamples = (minute: ClusterMinute): readonly MetricSample[] => {
  const { account, region, clusterName, at, registered, tasks: running } = minute;
  const cluster = [{ Name: 'ClusterName', Value: clusterName }];
  const samples = (
    metricName: string,
    values: readonly number[],
    dimensions: MetricSample['dimensions'] = cluster,
  ): readonly MetricSample[] =>
    values.map((value) => ({
      account,
      region,
      namespace: 'AWS/ECS',
      metricName,
      dimensions,
      at,
      value,
      unit: 'Percent',
    }));
  if (running.length === 0) return [];
  return [
    ...samples(
      'CPUUtilization',
      percent(
        sumOf(running, ({ cpu }) => cpu),
        registered.cpu,
      ),
    ),
    ...samples(
      'MemoryUtilization',
      percent(
        sumOf(running, ({ memory }) => memory),
        registered.memory,
      ),
    ),
    ...samples(
      'CPUReservation',
      percent(
        sumOf(running, ({ share }) => share.cpu),
        registered.cpu,
      ),
    ),
    ...samples(
      'MemoryReservation',
      percent(
        sumOf(running, ({ share }) => share.memory),
        registered.memory,
      ),
    ),
    ...running.flatMap(({ share, cpu, memory }) => {
      if (share.serviceName === undefined) return [];
      const service = [...cluster, { Name: 'ServiceName', Value: share.serviceName }];
      return [
        ...samples('CPUUtilization', percent(cpu, share.cpu), service),
        ...samples('MemoryUtilization', percent(memory, share.memory), service),
      ];
    }),
  ];
};

export interface UsageMetrics extends UsageSink {
  start(): void;
  stop(): void;
  /** Hands on the minute so far; what the clock does every minute. */
  flush(): Promise<void>;
}

interface ClusterUsage extends Scope {
  readonly clusterName: string;
  readonly minutes: Map<string, TaskMinute>;
}

const minute = 60_000;
/** Tasks read in one go: after a start there can be a hundred thousand to be read. */
const readAtOnce = 500;

/** Collects usage and hands AWS/ECS's samples to the sink every minute. */
export const openUsageMetrics = (options: {
  readonly store: Store;
  readonly sink: MetricSink;
  readonly now: () => number;
  readonly log: Log;
}): UsageMetrics => {
  const { store, sink, now, log } = options;
  let clusters = new Map<string, ClusterUsage>();
  let shares = new Map<string, TaskShare>();
  let timer: NodeJS.Timeout | undefined;

  const publish = ({ instance, registeredCpu, tasks: usages }: UsageReport): void => {
    const { account, region, clusterName } = instance;
    const name = `${account}/${region}/${clusterName}`;
    const cluster = clusters.get(name) ?? { account, region, clusterName, minutes: new Map<string, TaskMinute>() };
    clusters.set(name, cluster);
    for (const usage of usages) {
      const taskId = usage.taskArn.slice(usage.taskArn.lastIndexOf('/') + 1);
      cluster.minutes.set(taskId, addReport(cluster.minutes.get(taskId), usage, registeredCpu));
    }
  };

  const readShares = async (cluster: ClusterUsage): Promise<ReadonlyMap<string, TaskShare>> => {
    const { account, region, clusterName } = cluster;
    const found = new Map<string, TaskShare>();
    const unknown: string[] = [];
    for (const taskId of cluster.minutes.keys()) {
      const known = shares.get(taskId);
      if (known === undefined) unknown.push(taskId);
      else found.set(taskId, known);
    }
    for (let start = 0; start < unknown.length; start += readAtOnce) {
      await store.read(async (transaction) => {
        for (const taskId of unknown.slice(start, start + readAtOnce)) {
          const row = await transaction.get(tasks, { account, region, clusterName, taskId });
          if (row !== undefined) found.set(taskId, shareOf(row.record));
        }
      });
      // Others' sockets come before the next.
      await new Promise((resolve) => setImmediate(resolve));
    }
    return found;
  };

  const readRegistered = async ({ account, region, clusterName }: ClusterUsage) => {
    const where = { account, region, clusterName };
    const rows = await store.read((transaction) => transaction.list(containerInstances, { where }));
    const counted = rows.filter(({ record }) => record.status !== 'INACTIVE');
    return {
      cpu: sumOf(counted, ({ record }) => record.registered.cpu),
      memory: sumOf(counted, ({ record }) => record.registered.memory),
    };
  };

  const flush = async (): Promise<void> => {
    const collected = clusters;
    clusters = new Map();
    // The minute that is over: the timer fires just behind its end.
    const at = Math.floor((now() - minute / 2) / minute) * minute;
    const kept = new Map<string, TaskShare>();
    for (const cluster of collected.values()) {
      const found = await readShares(cluster);
      for (const [taskId, share] of found) kept.set(taskId, share);
      const running = [...cluster.minutes].flatMap(([taskId, { cpu, memory, reports }]) => {
        const share = found.get(taskId);
        return share === undefined ? [] : [{ share, cpu: cpu / reports, memory: memory / reports }];
      });
      const { account, region, clusterName } = cluster;
      const registered = await readRegistered(cluster);
      sink.record(ecsSamples({ account, region, clusterName, at, registered, tasks: running }));
    }
    shares = kept;
  };

  const schedule = (): void => {
    timer = setTimeout(
      () => {
        schedule();
        flush().catch((error: unknown) => log('error', 'making metrics failed', { error: String(error) }));
      },
      minute - (now() % minute) + 500,
    );
    timer.unref();
  };

  return { publish, flush, start: schedule, stop: () => clearTimeout(timer) };
};

const shareOf = (record: {
  readonly resources: { readonly cpu: number; readonly memory: number };
  readonly group: string;
}): TaskShare => ({
  cpu: record.resources.cpu,
  memory: record.resources.memory,
  serviceName: record.group.startsWith('service:') ? record.group.slice('service:'.length) : undefined,
});
