/** Reads where tasks are in the terms of their service's placement strategy, for scale-in to follow it. */
import type { ReadTransaction } from '@oreno/store';
import type { Placement } from '../domain/placement/placement.ts';
import type { ServiceTask, TaskFacts } from '../domain/service/service-task.ts';
import { containerInstances } from '../records.ts';
import type { ServiceRecord } from '../service-records.ts';

type PlaceReader = (task: TaskFacts) => Pick<ServiceTask, 'packing' | 'spread'>;

const zone = 'attribute:ecs.availability-zone';
/** ECS's own strategy for services: over zones, and then over instances. */
const defaultFields: readonly string[] = [zone, 'instanceId'];

/** A reader of places; instances are looked at only where one of their own attributes, or their room, counts. */
export const readPlaces = async (
  transaction: ReadTransaction,
  service: ServiceRecord,
  tasks: readonly TaskFacts[],
  placement: Pick<Placement, 'usageSoFar'>,
): Promise<PlaceReader> => {
  const { placementStrategy } = service;
  const first = placementStrategy.findIndex(({ type }) => type === 'binpack');
  const rules = first < 0 ? placementStrategy : placementStrategy.slice(0, first);
  const fields =
    placementStrategy.length === 0
      ? defaultFields
      : rules.flatMap(({ type, field }) => (type === 'spread' && field !== undefined ? [field] : []));
  const attributes = fields.some((field) => field.startsWith('attribute:') && field !== zone)
    ? await readAttributes(transaction, service, tasks)
    : new Map<string, ReadonlyMap<string, string>>();
  const spreadOf = (task: TaskFacts): readonly string[] =>
    fields.map((field) => {
      if (field === zone) return task.zone;
      if (!field.startsWith('attribute:')) return task.containerInstanceId;
      return attributes.get(task.containerInstanceId)?.get(field.slice('attribute:'.length)) ?? '';
    });
  const packed = placementStrategy[first]?.field?.toLowerCase();
  if (packed !== 'cpu' && packed !== 'memory') return (task) => ({ spread: spreadOf(task) });
  const left = roomLeft(service, tasks, placement, packed);
  return (task) => ({
    spread: spreadOf(task),
    packing: { left: left.get(task.containerInstanceId) ?? 0, takes: task.resources[packed] },
  });
};

const instancesOf = (tasks: readonly TaskFacts[]): readonly string[] => [
  ...new Set(tasks.map(({ containerInstanceId }) => containerInstanceId).filter((id) => id !== '')),
];

const readAttributes = async (
  transaction: ReadTransaction,
  { account, region, clusterName }: ServiceRecord,
  tasks: readonly TaskFacts[],
): Promise<ReadonlyMap<string, ReadonlyMap<string, string>>> => {
  const attributes = new Map<string, ReadonlyMap<string, string>>();
  for (const containerInstanceId of instancesOf(tasks)) {
    const row = await transaction.get(containerInstances, { account, region, clusterName, containerInstanceId });
    const found = row?.record.attributes ?? [];
    attributes.set(containerInstanceId, new Map(found.map(({ name, value = '' }) => [name, value])));
  }
  return attributes;
};

/** CPU units or MiB that are left on each instance. */
const roomLeft = (
  { account, region, clusterName }: ServiceRecord,
  tasks: readonly TaskFacts[],
  placement: Pick<Placement, 'usageSoFar'>,
  resource: 'cpu' | 'memory',
): ReadonlyMap<string, number> => {
  const ids = instancesOf(tasks);
  const usages = placement.usageSoFar(
    ids.map((containerInstanceId) => ({ account, region, clusterName, containerInstanceId })),
  );
  return new Map(ids.map((id, index) => [id, usages[index]?.remaining[resource] ?? 0]));
};
