/** Managed scaling: properties of its decisions over generated worlds, and the whole of it with pretended machines. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  CreateCapacityProviderCommand,
  CreateServiceCommand,
  DeregisterContainerInstanceCommand,
  DescribeContainerInstancesCommand,
  PutClusterCapacityProvidersCommand,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import fc from 'fast-check';
import type { AutoScalingGroup } from '../src/capacity-records.ts';
import type { CapacityInstance } from '../src/domain/capacity-provider/capacity-instance.ts';
import {
  decideCapacity,
  type CapacityDecision,
  type CapacitySnapshot,
} from '../src/domain/capacity-provider/decide-capacity.ts';
import { machinesFor, reservationOf } from '../src/domain/capacity-provider/reservation.ts';
import type { TaskResources } from '../src/records.ts';
import { isStable, openServiceLab } from './support/service-lab.ts';
import { commonAttributes, type SimulatedAgent } from './support/simulated-agent.ts';

const taskSize = (cpu: number, memory: number, ports: readonly number[] = []): TaskResources => ({
  cpu,
  memory,
  ports,
  portsUdp: [],
  gpus: 0,
});

const settingsOf = (changes: Partial<AutoScalingGroup['managedScaling']> = {}): AutoScalingGroup => ({
  autoScalingGroupArn: 'group',
  managedScaling: {
    status: 'ENABLED',
    targetCapacity: 100,
    minimumScalingStepSize: 1,
    maximumScalingStepSize: 10_000,
    instanceWarmupPeriod: 300,
    ...changes,
  },
  managedTerminationProtection: 'DISABLED',
  managedDraining: 'ENABLED',
});

const instanceOf = (id: string, changes: Partial<CapacityInstance> = {}): CapacityInstance => ({
  containerInstanceId: id,
  status: 'ACTIVE',
  availabilityZone: 'a',
  registeredAt: 0,
  isBusy: true,
  tasks: 1,
  cpu: 1024,
  memory: 1024,
  ...changes,
});

const idle = { isBusy: false, tasks: 0 } as const;
const group = { minimumSize: 0, maximumSize: 100, servedUntil: Infinity };
const hour = 3_600_000;

describe('the machines that tasks need', () => {
  const sizes = fc.record({ cpu: fc.integer({ min: 0, max: 1500 }), memory: fc.integer({ min: 1, max: 1500 }) });

  it('are enough, and no more than one for each task', () => {
    fc.assert(
      fc.property(fc.array(sizes, { maxLength: 40 }), (list) => {
        const machine = { cpu: 1024, memory: 1024 };
        const fitting = list.filter(({ cpu, memory }) => cpu <= 1024 && memory <= 1024);
        const count = machinesFor(
          list.map(({ cpu, memory }) => taskSize(cpu, memory)),
          machine,
        );
        assert.ok(count <= fitting.length);
        for (const member of ['cpu', 'memory'] as const) {
          const total = fitting.reduce((sum, each) => sum + each[member], 0);
          assert.ok(count * machine[member] >= total, `${count} machines for ${total} ${member}`);
        }
      }),
    );
  });

  it('are as many as there are tasks with the same fixed port, or that want distinct instances', () => {
    const tasks = Array.from({ length: 4 }, () => taskSize(1, 1, [80]));
    assert.equal(machinesFor(tasks, { cpu: 1024, memory: 1024 }), 4);
    const apart = Array.from({ length: 3 }, () => ({ ...taskSize(1, 1), apart: 'service:web' }));
    assert.equal(machinesFor([...apart, taskSize(1, 1)], { cpu: 1024, memory: 1024 }), 3);
  });

  it('make the documented metric, with its special cases', () => {
    assert.deepEqual(
      [reservationOf(0, 0), reservationOf(3, 0), reservationOf(2, 4), reservationOf(6, 4), reservationOf(0, 4)],
      [100, 200, 50, 150, 0],
    );
  });
});

describe('a decision of managed scaling', () => {
  const decide = (changes: Partial<CapacitySnapshot>, now = hour): CapacityDecision =>
    decideCapacity({ settings: settingsOf(), instances: [], waiting: [], group, ...changes }, now);

  it('starts two machines from none', () => {
    const { desiredCapacity, reservation } = decide({ waiting: [taskSize(1, 1)] });
    assert.deepEqual([desiredCapacity, reservation], [2, 200]);
    assert.deepEqual(decide({}).desiredCapacity, 0);
  });

  it('keeps the spare capacity that the target leaves', () => {
    const instances = ['1', '2', '3'].map((id) => instanceOf(id));
    const spare = decide({ settings: settingsOf({ targetCapacity: 50 }), instances });
    assert.deepEqual([spare.desiredCapacity, spare.reservation], [6, 100]);
  });

  it('holds the next step until the machines of the last one are there', () => {
    const settings = settingsOf({ maximumScalingStepSize: 1 });
    const waiting = Array.from({ length: 4 }, () => taskSize(1024, 1024));
    const first = decide({ settings, instances: [instanceOf('1')], waiting });
    assert.equal(first.desiredCapacity, 2);
    const soon = decide({ settings, instances: [instanceOf('1')], waiting, scaling: first }, hour + 1000);
    assert.equal(soon.desiredCapacity, 2);
    assert.equal(soon.wakeAt, hour + 300_000);
    const there = decide(
      { settings, instances: [instanceOf('1'), instanceOf('2')], waiting: waiting.slice(1), scaling: soon },
      hour + 2000,
    );
    assert.equal(there.desiredCapacity, 3);
    const late = decide({ settings, instances: [instanceOf('1')], waiting, scaling: soon }, hour + 300_000);
    assert.equal(late.desiredCapacity, 3);
  });

  it('takes idle instances away after the warm-up time, and lets them end when they are empty', () => {
    const instances = [instanceOf('1'), instanceOf('2', idle), instanceOf('3', { ...idle, tasks: 1 })];
    const first = decide({ instances, scaling: { desiredCapacity: 3, leaving: [] } });
    assert.deepEqual([first.desiredCapacity, first.lowSince, first.drain], [3, hour, []]);
    assert.equal(first.wakeAt, hour + 300_000);
    const then = decide({ instances, scaling: first }, hour + 300_000);
    assert.equal(then.desiredCapacity, 1);
    assert.deepEqual(then.drain.toSorted(), ['2', '3']);
    const leaving = then.leaving.toSorted((left, right) =>
      left.containerInstanceId < right.containerInstanceId ? -1 : 1,
    );
    assert.deepEqual(leaving, [
      { containerInstanceId: '2', mayEnd: true },
      { containerInstanceId: '3', mayEnd: false },
    ]);
    const drained = instances.map((each) => (each.isBusy ? each : { ...each, status: 'DRAINING' as const, tasks: 0 }));
    const last = decide({ instances: drained, scaling: then }, hour + 301_000);
    assert.ok(last.leaving.length === 2 && last.leaving.every(({ mayEnd }) => mayEnd));
    const back = decide({ instances, scaling: then }, hour + 301_000);
    assert.deepEqual(back.leaving, []);
  });

  it('never drains what nobody would take away, nor what is still warm', () => {
    const instances = [instanceOf('1', idle), instanceOf('2', { ...idle, registeredAt: 2 * hour - 1000 })];
    const scaling = { desiredCapacity: 2, leaving: [], lowSince: 0 };
    for (const nobody of [undefined, { ...group, servedUntil: 2 * hour }]) {
      const unserved = decide({ instances, scaling, group: nobody }, 2 * hour);
      assert.deepEqual([unserved.desiredCapacity, unserved.drain], [0, []]);
    }
    const served = decide({ instances, scaling }, 2 * hour);
    assert.deepEqual([served.desiredCapacity, served.drain], [1, ['1']]);
    assert.equal(served.wakeAt, 2 * hour - 1000 + 300_000);
  });

  it('counts on machines that have just come up, and leaves busy ones alone beside them', () => {
    const waiting = [taskSize(512, 512), taskSize(512, 512)];
    const fresh = instanceOf('1', { ...idle, registeredAt: hour - 1000 });
    const scaling = { desiredCapacity: 1, leaving: [] };
    assert.equal(decide({ waiting, instances: [fresh], scaling }).desiredCapacity, 1);
    // Where nothing came of it, the tasks cannot go there.
    assert.equal(decide({ waiting, instances: [fresh], scaling }, hour + 300_000).desiredCapacity, 2);
    const instances = [instanceOf('busy'), fresh, instanceOf('idle', idle)];
    const { drain } = decide({ instances, scaling: { desiredCapacity: 3, leaving: [], lowSince: 0 } });
    assert.deepEqual(drain, ['idle']);
  });

  it('shrinks below what tasks need only without termination protection', () => {
    const instances = [instanceOf('1', { tasks: 5 }), instanceOf('2')];
    const scaling = { desiredCapacity: 2, leaving: [], lowSince: 0 };
    const smaller = { ...group, maximumSize: 1 };
    assert.deepEqual(decide({ instances, scaling, group: smaller }).drain, ['2']);
    const settings = { ...settingsOf(), managedTerminationProtection: 'ENABLED' as const };
    assert.deepEqual(decide({ instances, scaling, group: smaller, settings }).drain, []);
  });

  const worlds = fc.record({
    target: fc.integer({ min: 1, max: 100 }),
    least: fc.integer({ min: 1, max: 5 }),
    most: fc.integer({ min: 5, max: 20 }),
    isProtected: fc.boolean(),
    tasks: fc.array(fc.integer({ min: 1, max: 1024 }), { maxLength: 30 }),
    machines: fc.integer({ min: 0, max: 20 }),
    maximumSize: fc.integer({ min: 0, max: 60 }),
  });

  it('steps within its bounds, spares busy instances, and comes to rest with room for all', () => {
    fc.assert(
      fc.property(worlds, ({ target, least, most, isProtected, tasks, machines, maximumSize }) => {
        const settings: AutoScalingGroup = {
          ...settingsOf({ targetCapacity: target, minimumScalingStepSize: least, maximumScalingStepSize: most }),
          managedTerminationProtection: isProtected ? 'ENABLED' : 'DISABLED',
        };
        const bounds = { ...group, maximumSize };
        const machine = { cpu: 1024, memory: 1024 };
        let waiting = tasks.map((memory) => taskSize(memory, memory));
        const rooms = new Map<string, { room: number; readonly registeredAt: number }>();
        for (let index = 0; index < machines; index += 1) rooms.set(`m${index}`, { room: 1024, registeredAt: 0 });
        let scaling: CapacityDecision | undefined;
        let now = hour;
        let made = machines;
        for (let round = 0; round < 300; round += 1) {
          // Tasks are tried every other time, so that machines are there before their tasks are.
          waiting = waiting.filter((task) => {
            const home = round % 2 === 0 ? [...rooms.values()].find(({ room }) => room >= task.memory) : undefined;
            if (home !== undefined) home.room -= task.memory;
            return home === undefined;
          });
          const instances = [...rooms].map(([id, { room, registeredAt }]) =>
            instanceOf(id, { isBusy: room < 1024, tasks: room < 1024 ? 1 : 0, registeredAt }),
          );
          const before = scaling?.desiredCapacity ?? rooms.size;
          scaling = decideCapacity({ settings, instances, waiting, group: { ...bounds, machine }, scaling }, now);
          const { desiredCapacity, drain } = scaling;
          const busyOnes = instances.filter(({ isBusy }) => isBusy).length;
          assert.ok(desiredCapacity <= Math.max(before, maximumSize));
          assert.ok(desiredCapacity - before <= most, `a step of ${desiredCapacity - before}`);
          for (const id of drain) {
            const { room = 1024, registeredAt = 0 } = rooms.get(id) ?? {};
            assert.ok(room === 1024 || (!isProtected && maximumSize < busyOnes), `${id} was busy`);
            assert.ok(waiting.length === 0 && registeredAt <= now - 300_000);
            rooms.delete(id);
          }
          for (; rooms.size < desiredCapacity; made += 1) rooms.set(`m${made}`, { room: 1024, registeredAt: now });
          now += 60_000;
        }
        const busy = [...rooms.values()].filter(({ room }) => room < 1024).length;
        const wanted = Math.ceil((busy * 100) / target);
        if (waiting.length > 0) assert.ok(rooms.size >= maximumSize, 'tasks wait though machines could be added');
        else if (wanted <= maximumSize) assert.equal(rooms.size, wanted);
      }),
      { numRuns: 200 },
    );
  });
});

describe('a capacity provider with managed scaling', () => {
  it('gets its machines, and gives them back when their tasks are gone', async (test) => {
    const lab = await openServiceLab(test);
    const scope = { account: '111122223333', region: 'us-east-1' };
    const managedScaling = { status: 'ENABLED' as const, instanceWarmupPeriod: 0 };
    await lab.client.send(
      new CreateCapacityProviderCommand({
        name: 'cloud',
        autoScalingGroupProvider: { autoScalingGroupArn: 'machines', managedScaling },
      }),
    );
    const { machineGroups } = lab.room();
    const serve = (name = 'cloud') => machineGroups.serve(scope, name, { minimumSize: 0, maximumSize: 5 });
    assert.equal(await serve(), undefined);
    await assert.rejects(serve('nobody'), /does not exist/);
    await lab.client.send(
      new PutClusterCapacityProvidersCommand({
        cluster: 'default',
        capacityProviders: ['cloud'],
        defaultCapacityProviderStrategy: [{ capacityProvider: 'cloud', weight: 1 }],
      }),
    );
    // What a provisioner does: as many machines as are wanted, and an end to those that may go.
    const machines = new Map<string, SimulatedAgent>();
    const provision = async (): Promise<number> => {
      const wish = await serve();
      for (const { containerInstanceArn } of wish?.ended ?? []) {
        machines.get(containerInstanceArn)?.disconnect();
        machines.delete(containerInstanceArn);
        await lab.client.send(
          new DeregisterContainerInstanceCommand({ containerInstance: containerInstanceArn, force: true }),
        );
      }
      for (let missing = (wish?.desiredCapacity ?? 0) - machines.size; missing > 0; missing -= 1) {
        const attributes = [...commonAttributes, { name: 'ecs.capacity-provider', value: 'cloud' }];
        const agent = await lab.agent({ memory: 64, attributes });
        machines.set(agent.containerInstanceArn, agent);
      }
      return wish?.desiredCapacity ?? 0;
    };
    const taskDefinition = await lab.define();
    await lab.client.send(new CreateServiceCommand({ serviceName: 'web', taskDefinition, desiredCount: 3 }));
    await lab.until(async (service) => {
      await provision();
      return isStable(service);
    });
    assert.equal(machines.size, 3);
    await lab.client.send(new UpdateServiceCommand({ service: 'web', desiredCount: 1 }));
    await lab.until(async (service) => {
      await provision();
      return isStable(service) && machines.size === 1;
    });
    const [left] = await lab.tasks().then((all) => all.filter(({ lastStatus }) => lastStatus === 'RUNNING'));
    assert.deepEqual([...machines.keys()], [left?.containerInstanceArn]);
    const { containerInstances = [] } = await lab.client.send(
      new DescribeContainerInstancesCommand({ containerInstances: [...machines.keys()] }),
    );
    assert.equal(containerInstances[0]?.status, 'ACTIVE');
  });

  it('has a machine emptied before it ends, and never fewer tasks running than the service wants', async (test) => {
    const lab = await openServiceLab(test);
    const managedScaling = { status: 'ENABLED' as const, instanceWarmupPeriod: 0 };
    const autoScalingGroupProvider = { autoScalingGroupArn: 'machines', managedScaling };
    await lab.client.send(new CreateCapacityProviderCommand({ name: 'cloud', autoScalingGroupProvider }));
    const defaultCapacityProviderStrategy = [{ capacityProvider: 'cloud', weight: 1 }];
    const ofCluster = { cluster: 'default', capacityProviders: ['cloud'], defaultCapacityProviderStrategy };
    await lab.client.send(new PutClusterCapacityProvidersCommand(ofCluster));
    const attributes = [...commonAttributes, { name: 'ecs.capacity-provider', value: 'cloud' }];
    for (let made = 0; made < 2; made += 1) await lab.agent({ memory: 128, attributes, startsIn: 60 });
    const taskDefinition = await lab.define();
    const placementStrategy = [{ type: 'spread' as const, field: 'instanceId' }];
    await lab.client.send(
      new CreateServiceCommand({ serviceName: 'web', taskDefinition, desiredCount: 2, placementStrategy }),
    );
    await lab.until(isStable);
    const homesOf = async () =>
      (await lab.tasks()).flatMap((each) => (each.lastStatus === 'RUNNING' ? [each.containerInstanceArn] : []));
    assert.equal(new Set(await homesOf()).size, 2);
    const scope = { account: '111122223333', region: 'us-east-1' };
    const seen = { emptying: 0, fewest: 2 };
    await lab.until(async ({ runningCount = 0 }) => {
      seen.fewest = Math.min(seen.fewest, runningCount);
      const wish = await lab.room().machineGroups.serve(scope, 'cloud', { minimumSize: 0, maximumSize: 1 });
      seen.emptying += wish?.emptying.length ?? 0;
      const [ended] = wish?.ended ?? [];
      if (ended === undefined) return false;
      const homes = await homesOf();
      assert.equal(homes.length, 2);
      assert.ok(!homes.includes(ended.containerInstanceArn), 'its task has moved when the machine may end');
      return true;
    });
    assert.equal(seen.fewest, 2);
    assert.ok(seen.emptying > 0, 'whoever makes machines is told which one is being emptied');
  });
});
