/** A cluster as DescribeClusters shows it: what was not asked for with `include` is there, but empty. */
import type { ecs } from '@oreno/aws-wire';
import type { ClusterRecord } from '../../records.ts';
import type { ClusterUsage } from './deletion.ts';

/** The launch types that the statistics tell apart, as they write them. */
const STATISTICS_OF = [
  ['EC2', 'EC2'],
  ['FARGATE', 'Fargate'],
  ['EXTERNAL', 'External'],
] as const satisfies readonly (readonly [ecs.LaunchType, string])[];

/** RUNNING and pending tasks, ACTIVE and DRAINING services. */
export interface LaunchCounts {
  readonly running: number;
  readonly pending: number;
  readonly active: number;
  readonly draining: number;
}

/** Counts by launch type; what has none counts as EC2. */
export type CountsByLaunchType = ReadonlyMap<ecs.LaunchType, LaunchCounts>;

const statisticsOf = (counts: CountsByLaunchType): readonly ecs.KeyValuePair[] =>
  STATISTICS_OF.flatMap(([launchType, name]) => {
    const { running = 0, pending = 0, active = 0, draining = 0 } = counts.get(launchType) ?? {};
    return [
      { name: `running${name}TasksCount`, value: String(running) },
      { name: `pending${name}TasksCount`, value: String(pending) },
      { name: `active${name}ServiceCount`, value: String(active) },
      { name: `draining${name}ServiceCount`, value: String(draining) },
    ];
  });

/** What a view is made of besides the record. `counts` are needed for STATISTICS only. */
export interface ClusterFacts {
  readonly usage: ClusterUsage;
  readonly counts?: CountsByLaunchType | undefined;
  /** What belongs to its capacity providers. */
  readonly attachments?: readonly ecs.Attachment[] | undefined;
}

/** An empty configuration takes away the one there was. */
const isConfigured = ({ configuration = {} }: ClusterRecord): boolean =>
  Object.values(configuration).some((part) => part !== undefined);

export const clusterView = (
  record: ClusterRecord,
  { usage, counts, attachments = [] }: ClusterFacts,
  include: readonly ecs.ClusterField[] | undefined,
): ecs.Cluster => {
  const shows = (field: ecs.ClusterField): boolean => include?.includes(field) === true;
  return {
    clusterArn: record.clusterArn,
    clusterName: record.clusterName,
    status: record.status,
    ...usage,
    statistics: counts !== undefined && shows('STATISTICS') ? statisticsOf(counts) : [],
    tags: shows('TAGS') ? record.tags : [],
    settings: shows('SETTINGS') ? record.settings : [],
    ...(shows('CONFIGURATIONS') && isConfigured(record) ? { configuration: record.configuration } : {}),
    ...(shows('ATTACHMENTS') ? { attachments } : {}),
    ...(attachments.length > 0 ? { attachmentsStatus: 'UPDATE_COMPLETE' } : {}),
    capacityProviders: record.capacityProviders,
    defaultCapacityProviderStrategy: record.defaultCapacityProviderStrategy,
    ...(record.serviceConnectDefaults === undefined ? {} : { serviceConnectDefaults: record.serviceConnectDefaults }),
  };
};
