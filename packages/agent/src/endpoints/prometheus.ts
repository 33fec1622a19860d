import type { ContainerStats, NetworkStats } from '@oreno/engine';
import type { AgentState } from '../domain/agent-state.ts';
import type { StatsSampler } from '../telemetry/stats-sampler.ts';

/**
 * The running containers' figures in Prometheus's text format 0.0.4, under the names of prometheus-community's
 * ecs_exporter, for all tasks of the machine: with the labels that tell tasks apart. Pure.
 */
type Labels = Readonly<Record<string, string>>;

interface Metric {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  readonly of: (stats: ContainerStats) => number | undefined;
}

const containerMetrics: readonly Metric[] = [
  {
    name: 'ecs_container_cpu_usage_seconds_total',
    type: 'counter',
    help: 'Cumulative total container CPU usage in seconds.',
    of: (stats) => stats.cpu_stats.cpu_usage.total_usage / 1e9,
  },
  {
    name: 'ecs_container_memory_usage_bytes',
    type: 'gauge',
    help: 'Current container memory usage in bytes.',
    of: (stats) => stats.memory_stats.usage,
  },
  {
    name: 'ecs_container_memory_limit_bytes',
    type: 'gauge',
    help: 'Configured container memory limit in bytes.',
    of: (stats) => stats.memory_stats.limit,
  },
  {
    name: 'ecs_container_memory_page_cache_size_bytes',
    type: 'gauge',
    help: 'Current container memory page cache size in bytes.',
    of: ({ memory_stats: { stats } }) => stats?.['cache'] ?? stats?.['file'],
  },
];

const networkMetrics: readonly { readonly name: string; readonly help: string; readonly of: keyof NetworkStats }[] = [
  {
    name: 'ecs_network_receive_bytes_total',
    help: 'Cumulative total size of received packets in bytes.',
    of: 'rx_bytes',
  },
  { name: 'ecs_network_receive_packets_total', help: 'Cumulative total count of received packets.', of: 'rx_packets' },
  { name: 'ecs_network_receive_errors_total', help: 'Cumulative total count of errors in receiving.', of: 'rx_errors' },
  {
    name: 'ecs_network_receive_packets_dropped_total',
    help: 'Cumulative total count of packets dropped in receiving.',
    of: 'rx_dropped',
  },
  { name: 'ecs_network_transmit_bytes_total', help: 'Cumulative total size of sent packets in bytes.', of: 'tx_bytes' },
  { name: 'ecs_network_transmit_packets_total', help: 'Cumulative total count of sent packets.', of: 'tx_packets' },
  { name: 'ecs_network_transmit_errors_total', help: 'Cumulative total count of errors in sending.', of: 'tx_errors' },
  {
    name: 'ecs_network_transmit_packets_dropped_total',
    help: 'Cumulative total count of packets dropped in sending.',
    of: 'tx_dropped',
  },
];

const escaped = (value: string): string =>
  value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');

const line = (name: string, labels: Labels, value: number): string => {
  const inside = Object.entries(labels).map(([key, each]) => `${key}="${escaped(each)}"`);
  return `${name}{${inside.join(',')}} ${value}`;
};

const family = (name: string, type: string, help: string, lines: readonly string[]): string[] =>
  lines.length === 0 ? [] : [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines];

/** The whole exposition. */
export const prometheusText = (state: AgentState, stats: Pick<StatsSampler, 'latest'>): string => {
  const { cluster, availabilityZone = '' } = state.identity;
  // The ones that have stopped stay known for hours: they would be dead series.
  const tasks = [...state.tasks.values()].filter(({ knownStatus }) => knownStatus !== 'STOPPED');
  const running = tasks.flatMap((task) =>
    task.containers.flatMap((container) => {
      const latest = container.dockerId === undefined ? undefined : stats.latest(container.dockerId);
      if (latest === undefined) return [];
      const labels: Labels = {
        container_name: container.name,
        cluster,
        service: task.payload.serviceName ?? '',
        task_arn: task.arn,
        task_family: task.family,
      };
      return [{ labels, stats: latest.stats }];
    }),
  );
  const info = tasks.map((task) =>
    line(
      'ecs_task_metadata_info',
      {
        cluster,
        task_arn: task.arn,
        family: task.family,
        revision: task.version,
        desired_status: task.desiredStatus,
        known_status: task.knownStatus,
        availability_zone: availabilityZone,
        launch_type: task.payload.launchType ?? 'EC2',
      },
      1,
    ),
  );
  const ofContainers = containerMetrics.flatMap((metric) =>
    family(
      metric.name,
      metric.type,
      metric.help,
      running.flatMap(({ labels, stats: each }) => {
        const value = metric.of(each);
        return value === undefined ? [] : [line(metric.name, labels, value)];
      }),
    ),
  );
  const ofNetworks = networkMetrics.flatMap((metric) =>
    family(
      metric.name,
      'counter',
      metric.help,
      running.flatMap(({ labels, stats: each }) =>
        Object.entries(each.networks ?? {}).map(([name, counters]) =>
          line(metric.name, { ...labels, interface: name }, counters[metric.of]),
        ),
      ),
    ),
  );
  const all = [
    ...family('ecs_task_metadata_info', 'gauge', 'ECS task metadata.', info),
    ...ofContainers,
    ...ofNetworks,
  ];
  return `${all.join('\n')}\n`;
};
