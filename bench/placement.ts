/**
 * Prints how many placements a second the pure decision makes on one core: 5,000 container instances in three
 * zones, spread over zones, then binpack on memory, with one memberOf constraint. Batches are as large as
 * RunTask allows (10), and larger, as a service's are.
 */
import { decidePlacements } from '../packages/ecs/src/domain/placement/decide-placements.ts';
import { createFilters } from '../packages/ecs/src/domain/placement/filters.ts';
import { parseStrategy } from '../packages/ecs/src/domain/placement/strategy.ts';
import {
  applyInstance,
  clusterView,
  createView,
  releaseReservation,
  reserve,
} from '../packages/ecs/src/domain/placement/view.ts';
import { inDefault, instanceRecord } from '../packages/ecs/test/support/placement-records.ts';

const instances = 5_000;
const resources = { cpu: 10, memory: 64, ports: [], portsUdp: [], gpus: 0 };
const request = {
  resources,
  group: 'family:web',
  requiresAttributes: [],
  constraints: [{ type: 'memberOf' as const, expression: 'attribute:ecs.instance-type =~ m5.*' }],
};
const strategy = parseStrategy([
  { type: 'spread', field: 'attribute:ecs.availability-zone' },
  { type: 'binpack', field: 'memory' },
]);

let seed = 1;
const random = (): number => {
  seed = (seed * 48_271) % 2_147_483_647;
  return seed / 2_147_483_647;
};

const createCluster = () => {
  const view = createView();
  for (let index = 0; index < instances; index += 1) {
    const zone = `us-east-1${'abc'[index % 3] ?? ''}`;
    const values = { 'ecs.instance-type': index % 10 === 0 ? 't3.large' : 'm5.large' };
    const registered = { cpu: 4096, memory: 8192 + (index % 7) * 512, ports: [22], portsUdp: [], gpus: [] };
    applyInstance(view, instanceRecord(`i${index}`, { zone, values, registered }));
  }
  return clusterView(view, inDefault);
};

/** Places `total` tasks in batches and returns placements a second, decisions and reservations both counted. */
const measure = (count: number, total: number): number => {
  const cluster = createCluster();
  const round = (tasks: number, name: string): void => {
    for (let placed = 0; placed < tasks; placed += count) {
      const filters = createFilters(request);
      const decided = decidePlacements(cluster, { count, resources, group: request.group, filters, strategy }, random);
      if (decided.instances.length !== count) throw new Error('The cluster was meant to have room.');
      decided.instances.forEach((instance, index) =>
        reserve(cluster, { taskId: `${name}${placed + index}`, resources, group: request.group }, instance),
      );
    }
  };
  round(20_000, 'warm');
  for (let index = 0; index < 20_000; index += 1) releaseReservation(cluster, `warm${index}`);
  const start = process.hrtime.bigint();
  round(total, 'task');
  return total / (Number(process.hrtime.bigint() - start) / 1e9);
};

console.log(`placement: ${instances} instances, spread over zones, then binpack on memory, one memberOf`);
for (const [count, total] of [
  [1, 50_000],
  [10, 100_000],
  [100, 100_000],
  [1_000, 200_000],
  [10_000, 200_000],
] as const) {
  const rate = Math.round(measure(count, total));
  console.log(`  batches of ${String(count).padStart(6)}: ${rate.toLocaleString('en-US').padStart(10)} placements/s`);
}
