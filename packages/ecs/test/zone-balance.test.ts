/** Availability Zone rebalancing: properties over generated worlds, and the whole of it with pretended machines. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CreateServiceCommand, DeregisterContainerInstanceCommand, UpdateServiceCommand } from '@aws-sdk/client-ecs';
import type { CreateServiceCommandInput } from '@aws-sdk/client-ecs';
import fc from 'fast-check';
import { scaleInOrder } from '../src/domain/deployment/scale-in.ts';
import { isStable, openServiceLab, type ServiceLab } from './support/service-lab.ts';
import { revisionRecord, serviceRecord, snapshotOf, taskOf, World } from './support/service-world.ts';
import { commonAttributes, type SimulatedAgent } from './support/simulated-agent.ts';

const zoneNames = ['a', 'b', 'c', 'd'];

const worldOf = (counts: readonly number[], maximumPercent = 200, protectedTasks = 0): World => {
  const tasks = counts.flatMap((count, zone) =>
    Array.from({ length: count }, (_, index) => {
      const name = zoneNames[zone] ?? '';
      return taskOf(`${name}${index}`, '1', {
        zone: name,
        containerInstanceId: `i-${name}`,
        spread: [name, `i-${name}`],
        protectedUntil: zone === 0 && index < protectedTasks ? Infinity : undefined,
      });
    }),
  );
  const { deploymentConfiguration } = serviceRecord();
  return new World(
    snapshotOf({
      service: serviceRecord({
        desiredCount: tasks.length,
        availabilityZoneRebalancing: 'ENABLED',
        deploymentConfiguration: { ...deploymentConfiguration, maximumPercent },
        steadyAt: 1,
      }),
      revisions: [revisionRecord('1', { rolloutState: 'COMPLETED', completedAt: 1 })],
      tasks,
      zones: [{ providers: [], zones: zoneNames.slice(0, counts.length) }],
    }),
  );
};

const perZone = (world: World): readonly number[] =>
  (world.snapshot.zones[0]?.zones ?? []).map((zone) => world.around.filter((task) => task.zone === zone).length);

const spreadOf = (world: World): number => Math.max(...perZone(world)) - Math.min(...perZone(world));

describe('the balance of a service over zones', () => {
  const uneven = fc.array(fc.integer({ min: 0, max: 12 }), { minLength: 2, maxLength: 4 });

  it('comes about within the maximum, never below the desired count, and then rests', () => {
    fc.assert(
      fc.property(uneven, fc.integer({ min: 101, max: 300 }), fc.boolean(), (counts, maximumPercent, isSlow) => {
        const world = worldOf(counts, maximumPercent);
        const { desiredCount } = world.snapshot.service;
        const { maximum } = world.limits;
        for (let round = 0; round < 200; round += 1) {
          while (world.decide() > 0);
          assert.ok(world.around.length <= maximum, `${world.around.length} of ${maximum}`);
          assert.ok(world.healthy >= desiredCount, `${world.healthy} of ${desiredCount}`);
          world.turn(() => (isSlow && round % 3 > 0 ? 'hangs' : 'runs'));
        }
        if (maximum > desiredCount) assert.ok(spreadOf(world) <= 1, JSON.stringify(perZone(world)));
        assert.equal(world.around.length, desiredCount);
        const before = world.taken.length;
        world.decide();
        assert.deepEqual(world.taken.slice(before), []);
      }),
      { numRuns: 100 },
    );
  });

  it('costs no task where new ones fail or zones come and go', () => {
    const turns = fc.array(
      fc.record({
        fails: fc.boolean(),
        zones: fc.integer({ min: 1, max: 4 }),
        minutes: fc.integer({ min: 0, max: 30 }),
      }),
      { minLength: 5, maxLength: 40 },
    );
    fc.assert(
      fc.property(uneven, turns, (counts, list) => {
        const world = worldOf(counts);
        const { desiredCount } = world.snapshot.service;
        for (const { fails, zones, minutes } of list) {
          world.snapshot = { ...world.snapshot, zones: [{ providers: [], zones: zoneNames.slice(0, zones) }] };
          for (let step = 0; step < 50 && world.decide() > 0; step += 1);
          assert.ok(world.around.length <= world.limits.maximum);
          assert.ok(world.healthy >= desiredCount, `${world.healthy} of ${desiredCount}`);
          world.turn(() => (fails ? 'fails' : 'runs'));
          world.now += minutes * 60_000;
        }
      }),
      { numRuns: 100 },
    );
  });

  it('leaves protected tasks where they are', () => {
    const world = worldOf([4, 0], 200, 3);
    for (let round = 0; round < 50; round += 1) {
      while (world.decide() > 0);
      world.turn(() => 'runs');
    }
    assert.deepEqual(perZone(world), [3, 1]);
  });

  it('is not touched where the service says so, or is about something else', () => {
    const world = worldOf([4, 0]);
    world.snapshot = {
      ...world.snapshot,
      service: { ...world.snapshot.service, availabilityZoneRebalancing: 'DISABLED' },
    };
    assert.equal(world.decide(), 0);
    const rolling = worldOf([4, 0]);
    rolling.deploy('2');
    rolling.decide((step) => assert.notEqual(step.kind, 'setRebalancing'));
    const scaled = worldOf([4, 0]);
    scaled.decide();
    assert.deepEqual(scaled.taken, ['setRebalancing']);
    scaled.scale(2);
    scaled.decide((step) => assert.equal(step.kind, 'stopTasks'));
  });

  it('is looked at by capacity provider: the division by weights stays', () => {
    const strategy = [
      { capacityProvider: 'p', weight: 1, base: 0 },
      { capacityProvider: 'q', weight: 3, base: 0 },
    ];
    const world = worldOf([2, 6]);
    const tasks = world.tasks.map((task) => ({ ...task, capacityProvider: task.zone === 'a' ? 'p' : 'q' }));
    const service = { ...world.snapshot.service, capacityProviderStrategy: strategy };
    const apart = [
      { providers: ['p'], zones: ['a'] },
      { providers: ['q'], zones: ['b'] },
    ];
    world.snapshot = { ...world.snapshot, service, tasks, zones: apart };
    assert.equal(world.decide(), 0);
    // q gets instances in the other zone as well.
    world.snapshot = { ...world.snapshot, zones: [apart[0] ?? assert.fail(), { providers: ['q'], zones: ['a', 'b'] }] };
    for (let round = 0; round < 50; round += 1) {
      while (world.decide() > 0);
      world.turn(() => 'runs');
    }
    const places = Map.groupBy(world.around, ({ capacityProvider, zone }) => `${capacityProvider}/${zone}`);
    assert.deepEqual(Object.fromEntries([...places].map(([place, list]) => [place, list.length])), {
      'p/a': 2,
      'q/a': 3,
      'q/b': 3,
    });
  });

  it('of what is left after a scale-in follows the shares of the capacity providers', () => {
    const tasks = ['p', 'p', 'p', 'q', 'q'].map((capacityProvider, index) =>
      taskOf(`t${index}`, '1', { capacityProvider, createdAt: index }),
    );
    const shares = new Map([
      ['p', 1],
      ['q', 2],
    ]);
    const gone = scaleInOrder(tasks, tasks, 2, shares);
    assert.deepEqual(
      gone.map(({ capacityProvider }) => capacityProvider),
      ['p', 'p'],
    );
  });

  it('is left alone where tasks are packed: the emptiest instance loses its tasks first', () => {
    const task = (id: string, instance: string, left: number) =>
      taskOf(id, '1', { containerInstanceId: instance, spread: [], packing: { left, takes: 100 } });
    const tasks = [task('a', 'full', 100), task('b', 'full', 100), task('c', 'empty', 800), task('d', 'empty', 800)];
    const gone = scaleInOrder(tasks, tasks, 3);
    assert.deepEqual(
      gone.map(({ containerInstanceId }) => containerInstanceId),
      ['empty', 'empty', 'full'],
    );
  });
});

const machineIn = (lab: ServiceLab, zone: string, memory = 4_096): Promise<SimulatedAgent> =>
  lab.agent({ memory, attributes: [...commonAttributes, { name: 'ecs.availability-zone', value: zone }] });

const create = async (lab: ServiceLab, more: Partial<CreateServiceCommandInput> = {}): Promise<void> => {
  const taskDefinition = await lab.define();
  await lab.client.send(new CreateServiceCommand({ serviceName: 'web', taskDefinition, desiredCount: 4, ...more }));
};

const placesOf = async (lab: ServiceLab): Promise<Record<string, number>> => {
  const wanted = (await lab.tasks()).filter(({ desiredStatus }) => desiredStatus === 'RUNNING');
  const counts: Record<string, number> = {};
  for (const { availabilityZone = '' } of wanted) counts[availabilityZone] = (counts[availabilityZone] ?? 0) + 1;
  return counts;
};

const messages = async (lab: ServiceLab): Promise<readonly string[]> =>
  ((await lab.service()).events ?? []).map(({ message = '' }) => message.replaceAll(/task \w{32}/g, 'task X'));

describe('a service with instances in two zones', () => {
  it('is balanced again when the second one comes up, and tells of it', async (test) => {
    const lab = await openServiceLab(test);
    await machineIn(lab, 'us-east-1a');
    await create(lab);
    await lab.until(isStable);
    await machineIn(lab, 'us-east-1b');
    await lab.until(async () => (await messages(lab)).some((text) => text.includes(' is AZ balanced ')));
    assert.deepEqual(await placesOf(lab), { 'us-east-1a': 2, 'us-east-1b': 2 });
    await lab.until(({ events = [] }) => events[0]?.message === '(service web) has reached a steady state.');
    const said = (await messages(lab)).toReversed();
    const begin = said.findIndex((text) => text.includes('not AZ balanced'));
    assert.deepEqual(said.slice(begin), [
      '(service web) is not AZ balanced with 4 tasks in us-east-1a, 0 tasks in us-east-1b. AZ Rebalancing in progress.',
      '(service web) has started 2 tasks in us-east-1b to AZ Rebalance: (task X) (task X).',
      '(service web) has stopped 2 running tasks in us-east-1a due to AZ rebalancing: (task X) (task X).',
      '(service web) is AZ balanced with 2 tasks in us-east-1a, 2 tasks in us-east-1b.',
      '(service web) has reached a steady state.',
    ]);
  });

  it('stays whole when a zone has no room, and says so once', async (test) => {
    const lab = await openServiceLab(test);
    await machineIn(lab, 'us-east-1a');
    await create(lab);
    await lab.until(isStable);
    const small = await machineIn(lab, 'us-east-1b', 32);
    await lab.until(async () => (await messages(lab))[0]?.includes('is unable to place') === true);
    assert.equal(
      (await messages(lab))[0],
      '(service web) is unable to place a task in us-east-1b because no container instance met all of its requirements.',
    );
    assert.equal((await lab.service()).runningCount, 4);
    await lab.client.send(new DeregisterContainerInstanceCommand({ containerInstance: small.containerInstanceArn }));
    await machineIn(lab, 'us-east-1b');
    await lab.until(async () => (await placesOf(lab))['us-east-1b'] === 2);
    assert.equal((await messages(lab)).filter((text) => text.includes('unable')).length, 1);
  });

  it('is what was asked for, by default balanced, and refused where it cannot be', async (test) => {
    const lab = await openServiceLab(test);
    const taskDefinition = await lab.define();
    const make = (more: Partial<CreateServiceCommandInput>) =>
      lab.client.send(new CreateServiceCommand({ serviceName: 'web', taskDefinition, desiredCount: 0, ...more }));
    const availabilityZoneRebalancing = 'ENABLED' as const;
    const zone = 'attribute:ecs.availability-zone';
    const refused: readonly (readonly [Partial<CreateServiceCommandInput>, RegExp])[] = [
      [{ schedulingStrategy: 'DAEMON', desiredCount: undefined }, /DAEMON scheduling strategy/],
      [{ deploymentConfiguration: { maximumPercent: 100, minimumHealthyPercent: 0 } }, /maximumPercent of 100/],
      [{ placementStrategy: [{ type: 'binpack', field: 'memory' }] }, /first placement strategy/],
      [{ placementConstraints: [{ type: 'memberOf', expression: `${zone} == a` }] }, /placement constraint/],
    ];
    for (const [more, expected] of refused) {
      const text = new RegExp(`^InvalidParameterException: Availability Zone rebalancing .*${expected.source}`);
      await assert.rejects(make({ ...more, availabilityZoneRebalancing }), text);
    }
    const packed = await make({ placementStrategy: [{ type: 'binpack', field: 'memory' }] });
    assert.equal(packed.service?.availabilityZoneRebalancing, 'DISABLED');
    const spread = await make({
      serviceName: 'spread',
      placementStrategy: [
        { type: 'spread', field: zone },
        { type: 'binpack', field: 'memory' },
      ],
    });
    assert.equal(spread.service?.availabilityZoneRebalancing, 'ENABLED');
    const { service } = await lab.client.send(
      new UpdateServiceCommand({ service: 'spread', availabilityZoneRebalancing: 'DISABLED' }),
    );
    assert.equal(service?.availabilityZoneRebalancing, 'DISABLED');
    assert.equal(service.deployments?.length, 1);
    await assert.rejects(
      lab.client.send(new UpdateServiceCommand({ service: 'web', availabilityZoneRebalancing })),
      /first placement strategy/,
    );
  });
});
