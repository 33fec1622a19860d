/** What placement keeps in order (rankings, spreads of groups) is what counting and sorting anew would give. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { candidates, rankingOf } from '../src/domain/placement/candidate-pool.ts';
import { decidePlacements } from '../src/domain/placement/decide-placements.ts';
import { createFilters } from '../src/domain/placement/filters.ts';
import { spreadOf, type Spread } from '../src/domain/placement/group-spread.ts';
import { parseStrategy } from '../src/domain/placement/strategy.ts';
import {
  applyInstance,
  clusterView,
  createView,
  releaseReservation,
  removeInstance,
  reserve,
} from '../src/domain/placement/view.ts';
import { inDefault, instanceRecord } from './support/placement-records.ts';

const groups = ['family:web', 'service:api'] as const;
const zones = ['us-east-1a', 'us-east-1b', 'us-east-1c'] as const;
const attributes = ['ecs.availability-zone', 'rack'];

interface Machine {
  readonly kind: 'machine';
  readonly number: number;
  readonly zone: number;
  readonly rack: string;
  readonly memory: number;
  readonly agentConnected: boolean;
}
type Act =
  | Machine
  | { readonly kind: 'gone'; readonly number: number }
  | { readonly kind: 'place'; readonly count: number; readonly group: number; readonly memory: number }
  | { readonly kind: 'end'; readonly nth: number }
  | { readonly kind: 'look' };

const number = fc.integer({ min: 0, max: 7 });
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record<Machine>({
    kind: fc.constant('machine'),
    number,
    zone: fc.integer({ min: 0, max: 2 }),
    rack: fc.constantFrom('r1', 'r2'),
    memory: fc.constantFrom(1024, 2048, 4096),
    agentConnected: fc.boolean(),
  }),
  fc.record({ kind: fc.constant('gone' as const), number }),
  fc.record({
    kind: fc.constant('place' as const),
    count: fc.integer({ min: 1, max: 6 }),
    group: fc.integer({ min: 0, max: 1 }),
    memory: fc.constantFrom(64, 256, 512),
  }),
  fc.record({ kind: fc.constant('end' as const), nth: fc.nat() }),
  fc.record({ kind: fc.constant('look' as const) }),
);

const binpack = parseStrategy([
  { type: 'spread', field: 'attribute:ecs.availability-zone' },
  { type: 'binpack', field: 'memory' },
]);

const requestOf = (memory: number, group: string) => ({
  resources: { cpu: 1, memory, ports: [], portsUdp: [], gpus: 0 },
  group,
  requiresAttributes: [],
  constraints: [],
});

/** Only what is above zero: a division that lost its last task may stay, empty. */
const shape = ({ tasks, byValue }: Spread): unknown => [
  tasks,
  [...byValue]
    .filter(([, inner]) => inner.tasks !== 0)
    .map(([value, inner]) => [value, shape(inner)] as const)
    .toSorted(([left], [right]) => (left < right ? -1 : 1)),
];

const openWorld = () => {
  const view = createView();
  const cluster = clusterView(view, inDefault);
  const running: string[] = [];
  let made = 0;
  const check = (): void => {
    const filters = createFilters(requestOf(0, ''));
    const whole = candidates(cluster.pools, cluster.instances, filters, ['ecs.availability-zone']);
    for (const division of whole.divisions.values()) {
      const { ranked, left } = rankingOf(division, 'memory', cluster.touched);
      assert.deepEqual(new Set(ranked), new Set(division.members));
      assert.equal(ranked.length, division.members.length);
      const actual = ranked.map(({ memory }) => memory);
      assert.deepEqual(left, actual);
      assert.deepEqual(
        left,
        actual.toSorted((one, other) => one - other),
      );
    }
    for (const group of groups) {
      const placed = cluster.groups.get(group);
      const anew = spreadOf(new Map(), group, attributes, placed);
      assert.deepEqual(shape(spreadOf(cluster.spreads, group, attributes, placed)), shape(anew));
    }
  };
  const acts: { readonly [Kind in Act['kind']]: (act: Extract<Act, { readonly kind: Kind }>) => void } = {
    machine: ({ number: each, zone, rack, memory, agentConnected }) =>
      applyInstance(
        view,
        instanceRecord(`i${each}`, {
          zone: zones[zone] ?? 'us-east-1a',
          values: { rack },
          registered: { cpu: 2048, memory, ports: [], portsUdp: [], gpus: [] },
          agentConnected,
        }),
      ),
    gone: ({ number: each }) => removeInstance(view, inDefault, `i${each}`),
    place: ({ count, group, memory }) => {
      const request = requestOf(memory, groups[group] ?? 'family:web');
      const batch = { ...request, count, filters: createFilters(request), strategy: binpack };
      const room = (): number =>
        [...cluster.instances.values()]
          .filter(({ status, agentConnected }) => status === 'ACTIVE' && agentConnected)
          .reduce((sum, instance) => sum + Math.max(0, Math.floor(instance.memory / memory)), 0);
      const fits = room();
      const { instances } = decidePlacements(cluster, batch, () => 0.5);
      assert.equal(instances.length, Math.min(count, fits));
      for (const instance of instances) {
        assert.ok(instance.memory >= memory);
        const taskId = `task${(made += 1)}`;
        reserve(cluster, { taskId, resources: request.resources, group: request.group }, instance);
        running.push(taskId);
      }
    },
    end: ({ nth }) => {
      const [taskId] = running.splice(nth % Math.max(1, running.length), 1);
      if (taskId !== undefined) releaseReservation(cluster, taskId);
    },
    look: check,
  };
  const perform = <Kind extends Act['kind']>(each: Extract<Act, { readonly kind: Kind }>): void => {
    const effect: (act: Extract<Act, { readonly kind: Kind }>) => void = acts[each.kind];
    effect(each);
  };
  return { perform, check };
};

test('rankings and spreads are those counted anew, after any history', () => {
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60 }), (history) => {
      const world = openWorld();
      for (const each of history) world.perform(each);
      world.check();
    }),
    { numRuns: 300 },
  );
});

test('binpack takes the instance with the least room that is enough', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 12 }),
      fc.nat(60),
      (sizes, asked) => {
        const view = createView();
        const cluster = clusterView(view, inDefault);
        sizes.forEach((size, index) =>
          applyInstance(
            view,
            instanceRecord(`i${index}`, {
              registered: { cpu: 2048, memory: size * 10, ports: [], portsUdp: [], gpus: [] },
            }),
          ),
        );
        const request = requestOf(asked * 10, 'family:web');
        const batch = { ...request, count: 1, filters: createFilters(request), strategy: binpack };
        const { instances } = decidePlacements(cluster, batch, Math.random);
        const best = sizes.filter((size) => size >= asked).toSorted((left, right) => left - right)[0];
        assert.deepEqual(
          instances.map(({ memory }) => memory),
          best === undefined ? [] : [best * 10],
        );
      },
    ),
  );
});
