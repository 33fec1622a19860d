import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ecs } from '@oreno/aws-wire';
import fc from 'fast-check';
import { decidePlacements, decideStart, type Decided } from '../src/domain/placement/decide-placements.ts';
import { createFilters, type FilterRequest } from '../src/domain/placement/filters.ts';
import type { InstanceState } from '../src/domain/placement/instance-state.ts';
import { parseStrategy } from '../src/domain/placement/strategy.ts';
import {
  applyInstance,
  applyTask,
  clusterView,
  confirmReservation,
  createView,
  releaseReservation,
  reserve,
  type ClusterView,
  type PlacementView,
} from '../src/domain/placement/view.ts';
import type { ContainerInstanceRecord, TaskRecord, TaskResources } from '../src/records.ts';
import { inDefault, instanceRecord } from './support/placement-records.ts';
import { definitionRecord, taskRecord } from './support/agent-records.ts';

const resources = (changes: Partial<TaskResources> = {}): TaskResources => ({
  cpu: 128,
  memory: 256,
  ports: [],
  portsUdp: [],
  gpus: 0,
  ...changes,
});

const request = (changes: Partial<FilterRequest> = {}): FilterRequest => ({
  resources: resources(),
  group: 'family:web',
  requiresAttributes: [],
  constraints: [],
  ...changes,
});

const randomFrom = (seed: number) => {
  let state = seed + 1;
  return (): number => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
};

const place = (
  cluster: ClusterView,
  count: number,
  of: FilterRequest,
  strategy: readonly ecs.PlacementStrategy[] = [],
  seed = 1,
): Decided =>
  decidePlacements(
    cluster,
    { count, resources: of.resources, group: of.group, filters: createFilters(of), strategy: parseStrategy(strategy) },
    randomFrom(seed),
  );

let reserved = 0;

/** Puts a decision into force, as RunTask does. */
const enforce = (cluster: ClusterView, decided: Decided, of: FilterRequest): void =>
  decided.instances.forEach((instance) => {
    reserved += 1;
    reserve(cluster, { taskId: `t${reserved}`, resources: of.resources, group: of.group }, instance);
  });

const viewOf = (records: readonly ContainerInstanceRecord[]): { view: PlacementView; cluster: ClusterView } => {
  const view = createView();
  for (const record of records) applyInstance(view, record);
  return { view, cluster: clusterView(view, inDefault) };
};

const countBy = <T>(values: readonly T[]): Map<T, number> => {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return counts;
};

const zoneOf = (instance: InstanceState): string => instance.attributes.get('ecs.availability-zone') ?? '';

const machines = fc
  .array(
    fc.record({
      zone: fc.constantFrom('a', 'b', 'c'),
      type: fc.constantFrom('m5.large', 't3.small'),
      cpu: fc.constantFrom(256, 1024, 2048),
      memory: fc.constantFrom(512, 1024, 4096),
      status: fc.constantFrom<ContainerInstanceRecord['status'][]>('ACTIVE', 'ACTIVE', 'ACTIVE', 'DRAINING'),
      agentConnected: fc.constantFrom(true, true, true, false),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((shapes) =>
    shapes.map(({ zone, type, cpu, memory, status, agentConnected }, index) =>
      instanceRecord(`i${index}`, {
        zone,
        values: { 'ecs.instance-type': type },
        registered: { cpu, memory, ports: [22], portsUdp: [], gpus: index % 3 === 0 ? [`gpu${index}`] : [] },
        status,
        agentConnected,
      }),
    ),
  );

const requests: fc.Arbitrary<FilterRequest> = fc.record({
  resources: fc.record({
    cpu: fc.constantFrom(0, 128, 512),
    memory: fc.constantFrom(64, 256, 700),
    ports: fc.constantFrom([], [80], [22]),
    portsUdp: fc.constantFrom([], [53]),
    gpus: fc.constantFrom(0, 0, 0, 1),
  }),
  group: fc.constantFrom('family:web', 'family:db'),
  requiresAttributes: fc.constantFrom(
    [],
    [{ name: 'ecs.instance-type' }],
    [{ name: 'ecs.instance-type', value: 'm5.large' }],
  ),
  constraints: fc.subarray<ecs.PlacementConstraint>([
    { type: 'distinctInstance' },
    { type: 'memberOf', expression: 'attribute:ecs.instance-type =~ m5.*' },
    { type: 'memberOf', expression: 'not(task:group == family:db)' },
  ]),
});

const strategies = fc.subarray<ecs.PlacementStrategy>(
  [
    { type: 'spread', field: 'attribute:ecs.availability-zone' },
    { type: 'binpack', field: 'memory' },
    { type: 'spread', field: 'attribute:ecs.instance-type' },
    { type: 'spread', field: 'instanceId' },
    { type: 'random' },
  ],
  { maxLength: 4 },
);

describe('a placement decision', () => {
  it('never overcommits an instance, whatever is asked for and in whatever order', () => {
    const batches = fc.array(fc.tuple(requests, strategies, fc.integer({ min: 1, max: 10 }), fc.nat()), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(machines, batches, (records, asked) => {
        const { cluster } = viewOf(records);
        for (const [each, strategy, count, seed] of asked) {
          const decided = place(cluster, count, each, strategy, seed);
          enforce(cluster, decided, each);
          assert.ok(decided.instances.length <= count);
          for (const instance of decided.instances) {
            assert.equal(instance.status, 'ACTIVE');
            assert.ok(instance.agentConnected);
          }
        }
        for (const instance of cluster.instances.values()) {
          assert.ok(instance.cpu >= 0 && instance.memory >= 0 && instance.gpus >= 0);
          assert.equal(instance.gpus, instance.freeGpus.size);
          for (const uses of [...instance.ports.values(), ...instance.portsUdp.values()]) assert.equal(uses, 1);
        }
      }),
    );
  });

  it('places all that fit: what it refuses, every instance refuses', () => {
    fc.assert(
      fc.property(machines, requests, strategies, fc.integer({ min: 1, max: 10 }), (records, each, strategy, count) => {
        const { cluster } = viewOf(records);
        const decided = place(cluster, count, each, strategy);
        enforce(cluster, decided, each);
        assert.equal(decided.failures.length > 0, decided.instances.length < count && decided.hasInstances);
        if (decided.instances.length === count) return;
        assert.equal(place(cluster, 1, each, []).instances.length, 0);
        const active = records.filter(({ status }) => status === 'ACTIVE');
        assert.equal(decided.failures.length, active.length);
        assert.equal(decided.hasInstances, active.length > 0);
      }),
    );
  });

  it('spreads over zones within one where all have room', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 6 }), fc.integer({ min: 1, max: 30 }), fc.nat(), (perZone, count, seed) => {
        const records = ['a', 'b', 'c'].flatMap((zone) =>
          Array.from({ length: perZone }, (_, index) => instanceRecord(`${zone}${index}`, { zone })),
        );
        const { cluster } = viewOf(records);
        const spread = [
          { type: 'spread' as const, field: 'attribute:ecs.availability-zone' },
          { type: 'spread' as const, field: 'instanceId' },
        ];
        // In two batches: what stands already counts.
        const all: InstanceState[] = [];
        for (const part of [Math.ceil(count / 2), Math.floor(count / 2)]) {
          const decided = place(cluster, part, request(), spread, seed);
          enforce(cluster, decided, request());
          all.push(...decided.instances);
        }
        for (const values of [all.map(zoneOf), all]) {
          const buckets = values === all ? perZone * 3 : 3;
          const counts = [...countBy<unknown>(values).values()];
          const least = counts.length < buckets ? 0 : Math.min(...counts);
          assert.ok(Math.max(...counts) - least <= 1);
        }
      }),
    );
  });

  it('fills the instance with the least memory left first', () => {
    const memory = [4096, 1024, 2048];
    const { cluster } = viewOf(
      memory.map((each, index) =>
        instanceRecord(`i${index}`, { registered: { cpu: 4096, memory: each, ports: [], portsUdp: [], gpus: [] } }),
      ),
    );
    const decided = place(cluster, 6, request(), [{ type: 'binpack', field: 'memory' }]);
    assert.deepEqual(
      decided.instances.map(({ containerInstanceId }) => containerInstanceId),
      ['i1', 'i1', 'i1', 'i1', 'i2', 'i2'],
    );
  });

  it('spreads ties of a first rule by an attribute that comes later', () => {
    const { cluster } = viewOf(['a', 'a', 'a', 'b'].map((zone, index) => instanceRecord(`i${index}`, { zone })));
    const chain: ecs.PlacementStrategy[] = [
      { type: 'spread', field: 'instanceId' },
      { type: 'spread', field: 'attribute:ecs.availability-zone' },
    ];
    assert.deepEqual(new Set(place(cluster, 2, request(), chain).instances.map(zoneOf)), new Set(['a', 'b']));
  });

  it('reaches every instance by chance', () => {
    const { cluster } = viewOf([0, 1, 2, 3].map((index) => instanceRecord(`i${index}`)));
    const chosen = place(cluster, 40, request({ resources: resources({ cpu: 1, memory: 4 }) }), [{ type: 'random' }]);
    assert.equal(countBy(chosen.instances).size, 4);
  });

  it('puts one task of a group on an instance with distinctInstance', () => {
    const { cluster } = viewOf([0, 1, 2].map((index) => instanceRecord(`i${index}`)));
    const distinct = request({ constraints: [{ type: 'distinctInstance' }] });
    const first = place(cluster, 2, distinct);
    enforce(cluster, first, distinct);
    const second = place(cluster, 2, distinct);
    assert.equal(new Set([...first.instances, ...second.instances]).size, 3);
    assert.deepEqual(
      second.failures.map(({ reason }) => reason),
      Array(3).fill('DistinctInstance placement constraint unsatisfied.'),
    );
  });

  it('follows and avoids groups of tasks', () => {
    const { cluster } = viewOf([0, 1].map((index) => instanceRecord(`i${index}`)));
    const database = request({ group: 'database' });
    const first = place(cluster, 1, database);
    enforce(cluster, first, database);
    const expression = 'task:group == database';
    const near = place(cluster, 1, request({ constraints: [{ type: 'memberOf', expression }] }));
    const far = place(cluster, 1, request({ constraints: [{ type: 'memberOf', expression: `not(${expression})` }] }));
    assert.equal(near.instances[0], first.instances[0]);
    assert.notEqual(far.instances[0], first.instances[0]);
  });

  it('says why each instance refuses, and counts', () => {
    const registered = { cpu: 2048, memory: 4096, ports: [22], portsUdp: [], gpus: [] };
    const { cluster } = viewOf([
      instanceRecord('gone', { agentConnected: false }),
      instanceRecord('other', { values: { kind: 'x' } }),
      instanceRecord('small', { registered: { ...registered, memory: 64 }, values: { 'ecs.capability.task-eni': '' } }),
      instanceRecord('slow', { registered: { ...registered, cpu: 64 }, values: { 'ecs.capability.task-eni': '' } }),
      instanceRecord('taken', { values: { 'ecs.capability.task-eni': '' } }),
      instanceRecord('drained', { status: 'DRAINING' }),
    ]);
    const asked = request({
      requiresAttributes: [{ name: 'ecs.capability.task-eni' }],
      resources: resources({ ports: [22] }),
    });
    const { failures } = place(cluster, 1, asked);
    assert.deepEqual(
      failures.map(({ arn, reason }) => [arn?.split('/').at(-1), reason]),
      [
        ['gone', 'AGENT'],
        ['other', 'ATTRIBUTE'],
        ['small', 'RESOURCE:MEMORY'],
        ['slow', 'RESOURCE:CPU'],
        ['taken', 'RESOURCE:PORTS'],
      ],
    );
    assert.match(
      failures[0]?.detail ?? '',
      /^1 not placed: of 5 container instances .*AGENT on 1.*RESOURCE:PORTS on 1 \(lacking ecs\.capability\.task-eni\)$/,
    );
    const gpu = place(viewOf([instanceRecord('i')]).cluster, 1, request({ resources: resources({ gpus: 1 }) }));
    assert.equal(gpu.failures[0]?.reason, 'RESOURCE:GPU');
    const member = request({ constraints: [{ type: 'memberOf', expression: 'attribute:none exists' }] });
    assert.equal(
      place(viewOf([instanceRecord('i')]).cluster, 1, member).failures[0]?.reason,
      'MemberOf placement constraint unsatisfied.',
    );
  });

  it('answers for the instances that StartTask names', () => {
    const { cluster } = viewOf([
      instanceRecord('i'),
      instanceRecord('off', { agentConnected: false }),
      instanceRecord('d', { status: 'DRAINING' }),
    ]);
    const reasonOf = (containerInstanceId: string): string => {
      const target = { containerInstanceId, containerInstanceArn: 'arn' };
      const decided = decideStart(cluster, createFilters(request()), target);
      return 'failure' in decided ? decided.failure.reason : 'placed';
    };
    assert.deepEqual(['i', 'off', 'd', 'none'].map(reasonOf), ['placed', 'AGENT', 'INACTIVE', 'MISSING']);
  });

  it('refuses rules that ECS does not know', () => {
    for (const rule of [{ type: 'binpack' as const, field: 'disk' }, { type: 'spread' as const, field: 'zone' }, {}]) {
      assert.throws(() => parseStrategy([rule]), { code: 'InvalidParameterException' });
    }
  });
});

describe('the view', () => {
  const definition = definitionRecord({ containerDefinitions: [{ name: 'main', image: 'busybox' }] });
  const task = (number: number, changes: Partial<TaskRecord>): TaskRecord =>
    taskRecord(definition, number, { ...inDefault, containerInstanceId: 'i', resources: resources(), ...changes });

  const left = (cluster: ClusterView) => {
    const instance = cluster.instances.get('i');
    return [instance?.cpu, instance?.memory, instance?.runningTasksCount, instance?.occupants.size];
  };

  it('takes newer versions only, and frees what has stopped', () => {
    const { view, cluster } = viewOf([instanceRecord('i')]);
    applyTask(view, task(1, { lastStatus: 'RUNNING' }), 2);
    applyTask(view, task(1, { lastStatus: 'PENDING' }), 1);
    assert.deepEqual(left(cluster), [1920, 3840, 1, 1]);
    applyTask(view, task(1, { lastStatus: 'RUNNING', desiredStatus: 'STOPPED' }), 3);
    assert.deepEqual(left(cluster), [1920, 3840, 1, 1]);
    assert.equal(cluster.groups.size, 0);
    applyTask(view, task(1, { lastStatus: 'STOPPED' }), 4);
    assert.deepEqual(left(cluster), [2048, 4096, 0, 0]);
  });

  it('replaces a reservation by the truth, and gives back one that failed', () => {
    const { view, cluster } = viewOf([instanceRecord('i')]);
    const instance = cluster.instances.get('i');
    assert.ok(instance);
    const first = task(1, {});
    reserve(cluster, { taskId: first.taskId, resources: resources(), group: 'g' }, instance);
    reserve(cluster, { taskId: 'failed', resources: resources(), group: 'g' }, instance);
    releaseReservation(cluster, 'failed');
    applyTask(view, first, 1);
    releaseReservation(cluster, first.taskId);
    confirmReservation(cluster, first.taskId);
    assert.deepEqual(left(cluster), [1920, 3840, 0, 1]);
  });

  it('follows instances: attributes, connection, resources, and their end', () => {
    const { view, cluster } = viewOf([instanceRecord('i')]);
    const member = request({ constraints: [{ type: 'memberOf', expression: 'attribute:stack == prod' }] });
    const placed = (): number => place(cluster, 1, member).instances.length;
    assert.equal(placed(), 0);
    applyInstance(view, instanceRecord('i', { values: { stack: 'prod' } }));
    assert.equal(placed(), 1);
    applyInstance(view, instanceRecord('i', { values: { stack: 'prod' }, agentConnected: false }));
    assert.equal(placed(), 0);
    applyInstance(
      view,
      instanceRecord('i', {
        values: { stack: 'prod' },
        registered: { cpu: 64, memory: 64, ports: [], portsUdp: [], gpus: [] },
      }),
    );
    assert.equal(placed(), 0);
    applyInstance(view, instanceRecord('i', { values: { stack: 'prod' } }));
    assert.deepEqual(left(cluster), [2048, 4096, 0, 0]);
    applyInstance(view, instanceRecord('i', { status: 'INACTIVE' }));
    assert.equal(cluster.instances.size, 0);
    assert.equal(place(cluster, 1, request()).hasInstances, false);
  });

  it('is the same kept row by row as built anew', () => {
    const history = fc.array(
      fc.record({
        number: fc.integer({ min: 1, max: 6 }),
        on: fc.constantFrom('i0', 'i1'),
        lastStatus: fc.constantFrom<TaskRecord['lastStatus'][]>('PENDING', 'RUNNING', 'STOPPED'),
        ports: fc.constantFrom([], [80]),
      }),
    );
    fc.assert(
      fc.property(history, (steps) => {
        const records = [instanceRecord('i0'), instanceRecord('i1')];
        const kept = viewOf(records);
        const last = new Map<number, TaskRecord>();
        steps.forEach(({ number, on, lastStatus, ports }, index) => {
          const changed = task(number, { containerInstanceId: on, lastStatus, resources: resources({ ports }) });
          last.set(number, changed);
          applyTask(kept.view, changed, index + 1);
        });
        const built = viewOf(records);
        for (const record of last.values()) applyTask(built.view, record, 1);
        const shape = (cluster: ClusterView): unknown =>
          [...cluster.instances.values()].map(({ cpu, memory, ports, runningTasksCount, taskGroups, occupants }) => [
            cpu,
            memory,
            [...ports.keys()].toSorted((left, right) => left - right),
            runningTasksCount,
            [...taskGroups],
            [...occupants.keys()].toSorted(),
          ]);
        assert.deepEqual(shape(kept.cluster), shape(built.cluster));
      }),
    );
  });
});
