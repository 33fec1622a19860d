/** Properties of the service scheduler's decisions over generated services and worlds. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { failureThreshold, restartDelay } from '../src/domain/deployment/failures.ts';
import type { ecs } from '@oreno/aws-wire';
import type { ServiceSnapshot, ServiceStep } from '../src/domain/deployment/snapshot.ts';
import type { ServiceTask } from '../src/domain/service/service-task.ts';
import { revisionRecord, serviceRecord, snapshotOf, taskOf, World, type Fate } from './support/service-world.ts';

/** Percentages under which a deployment of this many tasks can move at all. */
const percentages = fc
  .record({
    minimumHealthyPercent: fc.integer({ min: 0, max: 100 }),
    maximumPercent: fc.integer({ min: 100, max: 250 }),
  })
  .filter(({ minimumHealthyPercent, maximumPercent }) => minimumHealthyPercent < 100 || maximumPercent > 100);

const movable = fc
  .record({ desiredCount: fc.integer({ min: 0, max: 40 }), limits: percentages })
  .filter(({ desiredCount, limits: { minimumHealthyPercent, maximumPercent } }) => {
    const minimum = Math.ceil((desiredCount * minimumHealthyPercent) / 100);
    return (
      minimum < desiredCount || Math.floor((desiredCount * maximumPercent) / 100) > desiredCount || desiredCount === 0
    );
  });

const serviceOf = (
  desiredCount: number,
  limits: object,
  breaker: ecs.DeploymentCircuitBreaker = { enable: false, rollback: false },
) =>
  serviceRecord({
    desiredCount,
    deploymentConfiguration: {
      ...serviceRecord().deploymentConfiguration,
      deploymentCircuitBreaker: breaker,
      ...limits,
    },
  });

/** A service whose first revision runs all of its tasks. */
const steady = (desiredCount: number, limits: object, breaker?: ecs.DeploymentCircuitBreaker): World =>
  new World(
    snapshotOf({
      service: serviceOf(desiredCount, limits, breaker),
      revisions: [revisionRecord('1', { rolloutState: 'COMPLETED', completedAt: 1 })],
      tasks: Array.from({ length: desiredCount }, (_, index) =>
        taskOf(`o${index}`, '1', { spread: [`z${index % 2}`, `i${index % 3}`], containerInstanceId: `i${index % 3}` }),
      ),
    }),
  );

/** Fails when a step breaks a limit that held before it. */
const withinLimits = (step: ServiceStep, world: World): void => {
  const { minimum, maximum } = world.limits;
  if (step.kind === 'startTasks') {
    assert.ok(world.around.length + step.count <= maximum, `${world.around.length} + ${step.count} > ${maximum}`);
  }
  if (step.kind === 'stopTasks') {
    const ids = new Set(step.stops.map(({ taskId }) => taskId));
    const left = world.tasks.filter((task) => task.life === 'running' && !ids.has(task.taskId)).length;
    assert.ok(left >= Math.min(minimum, world.healthy), `${left} of ${world.healthy} left, ${minimum} needed`);
  }
};

const isSettled = (world: World): boolean =>
  world.primary.rolloutState === 'COMPLETED' &&
  world.snapshot.revisions.length === 1 &&
  world.around.length === world.snapshot.service.desiredCount &&
  world.around.every(({ life, revisionId }) => life === 'running' && revisionId === world.primary.revisionId);

const settle = (world: World, rounds: number, fate: (task: ServiceTask) => Fate = () => 'runs'): number => {
  for (let round = 0; round < rounds; round += 1) {
    if (world.decide(withinLimits) === 0 && isSettled(world)) return round;
    world.turn(fate);
  }
  throw new Error(
    `not settled in ${rounds} rounds: ${JSON.stringify(world.snapshot.tasks.filter(({ life }) => life !== 'stopped'))}`,
  );
};

describe('rolling deployments', () => {
  it('converge within the limits when tasks start', () => {
    fc.assert(
      fc.property(movable, ({ desiredCount, limits }) => {
        const world = steady(desiredCount, limits);
        world.deploy('2');
        settle(world, 300);
        assert.equal(world.primary.revisionId, '2');
        assert.equal(world.taken.filter((kind) => kind === 'completeDeployment').length, 1);
        assert.equal(world.taken.filter((kind) => kind === 'announceSteadyState').length, 1);
      }),
    );
  });

  it('keep the limits whatever tasks do, while desired counts change and revisions follow each other', () => {
    const event = fc.oneof(
      fc.record({
        kind: fc.constant('turn' as const),
        fates: fc.array(fc.constantFrom<Fate>('runs', 'fails', 'hangs', 'exits'), { minLength: 1, maxLength: 5 }),
        stops: fc.boolean(),
      }),
      fc.record({ kind: fc.constant('deploy' as const) }),
      fc.record({ kind: fc.constant('scale' as const), to: fc.integer({ min: 0, max: 30 }) }),
    );
    fc.assert(
      fc.property(movable, fc.array(event, { maxLength: 40 }), ({ desiredCount, limits }, events) => {
        const world = steady(desiredCount, limits);
        let revision = 1;
        for (const each of events) {
          if (each.kind === 'deploy') world.deploy(String((revision += 1)));
          if (each.kind === 'scale') world.scale(each.to);
          world.decide(withinLimits);
          if (each.kind === 'turn') {
            let next = 0;
            world.turn(
              () => each.fates[next++ % each.fates.length] ?? 'runs',
              () => each.stops,
            );
          }
        }
      }),
    );
  });

  it('never stop a protected task', () => {
    fc.assert(
      fc.property(
        movable,
        fc.array(fc.nat(40)),
        fc.integer({ min: 0, max: 40 }),
        ({ desiredCount, limits }, chosen, to) => {
          const world = steady(desiredCount, limits);
          const protectedIds = new Set(chosen.map((index) => `o${index}`));
          world.snapshot = {
            ...world.snapshot,
            tasks: world.tasks.map((task) =>
              protectedIds.has(task.taskId) ? { ...task, protectedUntil: world.now + 3_600_000 } : task,
            ),
          };
          world.deploy('2');
          world.scale(to);
          for (let round = 0; round < 100; round += 1) {
            world.decide(withinLimits);
            world.turn(() => 'runs');
          }
          const expected = world.tasks.filter(({ taskId }) => protectedIds.has(taskId)).map(({ life }) => life);
          assert.ok(expected.every((life) => life === 'running'));
        },
      ),
      { numRuns: 50 },
    );
  });

  it('converge after draining and lost instances, and in a cluster that is full', () => {
    fc.assert(
      fc.property(movable, fc.constantFrom('drain', 'lose'), fc.nat(5), ({ desiredCount, limits }, what, spare) => {
        const world = steady(desiredCount, limits);
        const { maximum, minimum } = world.limits;
        // In a full cluster tasks can only be replaced where some may be missing.
        world.capacity = minimum < desiredCount ? desiredCount + spare : maximum;
        const hit = (task: ServiceTask): boolean => task.containerInstanceId === 'i1';
        const draining = what === 'drain' ? [{ containerInstanceId: 'i1', hasOtherTasks: false }] : [];
        const tasks =
          what === 'lose'
            ? world.tasks.map((task) => (hit(task) ? { ...task, disconnectedAt: 0 } : task))
            : world.tasks;
        world.snapshot = { ...world.snapshot, draining, tasks };
        const before = new Set(world.tasks.filter(hit).map(({ taskId }) => taskId));
        for (let round = 0; round < 2_000; round += 1) {
          // New tasks go elsewhere.
          world.decide();
          world.snapshot = {
            ...world.snapshot,
            tasks: world.tasks.map((task) =>
              hit(task) && !before.has(task.taskId) ? { ...task, containerInstanceId: 'i9' } : task,
            ),
          };
          world.turn(() => 'runs');
          if (world.around.length === desiredCount && !world.around.some(hit)) return;
        }
        assert.fail('not converged');
      }),
      { numRuns: 40 },
    );
  });

  it('keep what is spread spread when they scale in', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40 }), fc.integer({ min: 0, max: 40 }), (from, to) => {
        const world = steady(from, {});
        world.scale(Math.min(from, to));
        settle(world, 100);
        const zones = Map.groupBy(world.around, ({ spread }) => spread[0] ?? '');
        const sizes = ['z0', 'z1'].map((zone) => zones.get(zone)?.length ?? 0);
        assert.ok(Math.max(...sizes) - Math.min(...sizes) <= 1, String(sizes));
      }),
    );
  });
});

describe('the circuit breaker', () => {
  it('has the documented threshold', () => {
    assert.deepEqual(
      [0, 1, 6, 7, 25, 400, 5000].map((count) => failureThreshold({ enable: true, rollback: false }, count)),
      [3, 3, 3, 4, 13, 200, 200],
    );
  });

  it('counts failures by the threshold that was asked for', () => {
    const threshold = (type: 'COUNT' | 'BOUNDED_PERCENT' | 'UNBOUNDED_PERCENT', value: number) =>
      [1, 10, 1000].map((count) =>
        failureThreshold({ enable: true, rollback: false, thresholdConfiguration: { type, value } }, count),
      );
    assert.deepEqual(threshold('COUNT', 7), [7, 7, 7]);
    assert.deepEqual(threshold('BOUNDED_PERCENT', 30), [3, 3, 200]);
    assert.deepEqual(threshold('UNBOUNDED_PERCENT', 30), [1, 3, 300]);
  });

  it('ends a deployment whose tasks end as soon as they run, and takes nothing away for it that serves', () => {
    fc.assert(
      fc.property(movable, fc.boolean(), ({ desiredCount, limits }, resetOnHealthyTask) => {
        fc.pre(desiredCount > 0);
        const world = steady(desiredCount, limits, { enable: true, rollback: true, resetOnHealthyTask });
        world.deploy('2');
        const before = () => world.tasks.filter((task) => task.revisionId === '1' && task.life === 'running').length;
        for (let round = 0; round < 300 && world.primary.revisionId === '2'; round += 1) {
          world.decide(withinLimits);
          world.turn(() => 'exits');
          assert.ok(before() >= world.limits.minimum, `${before()} of ${desiredCount} are left`);
          // Waiting for a throttled restart takes no round.
          if (!world.around.some((task) => task.revisionId === '2')) world.now += 27 * 60_000;
        }
        assert.equal(world.primary.revisionId, '1');
        settle(world, 300);
      }),
      { numRuns: 50 },
    );
  });

  it('adds all failures up where a healthy task does not reset their count', () => {
    const failuresAfter = (resetOnHealthyTask: boolean): number => {
      const world = steady(
        4,
        { minimumHealthyPercent: 50, maximumPercent: 100 },
        {
          enable: true,
          rollback: false,
          resetOnHealthyTask,
        },
      );
      world.deploy('2');
      let turns = 0;
      for (let round = 0; round < 12 && world.primary.rolloutState === 'IN_PROGRESS'; round += 1) {
        world.decide(withinLimits);
        world.turn(({ revisionId }) => (revisionId === '2' && (turns += 1) % 2 === 0 ? 'fails' : 'runs'));
      }
      return world.primary.failedTasks;
    };
    assert.equal(failuresAfter(true), 0);
    assert.equal(failuresAfter(false), 3);
  });

  it('ends a deployment whose tasks never start, and goes back once', () => {
    fc.assert(
      fc.property(movable, fc.boolean(), fc.boolean(), ({ desiredCount, limits }, rollback, oldFailsToo) => {
        fc.pre(desiredCount > 0);
        const world = steady(desiredCount, limits, { enable: true, rollback });
        world.deploy('2');
        const fate = ({ revisionId }: ServiceTask): Fate => (revisionId === '2' || oldFailsToo ? 'fails' : 'runs');
        let rounds = 0;
        for (; rounds < 400; rounds += 1) {
          world.decide(withinLimits);
          world.turn(fate);
          // Waiting for a throttled restart takes no round.
          world.now += 27 * 60_000;
        }
        const failed = world.taken.filter((kind) => kind === 'failDeployment').length;
        assert.ok(failed === 1 || failed === 2, `failed ${failed} times`);
        // Where tasks of the older revision are still healthy, its failing ones do not count.
        if (world.healthy === 0) assert.ok(['COMPLETED', 'FAILED'].includes(world.primary.rolloutState));
        assert.equal(world.primary.revisionId, rollback ? '1' : '2');
        if (rollback && !oldFailsToo) assert.ok(isSettled(world));
      }),
      { numRuns: 30 },
    );
  });

  it('waits longer after each round of failures, to 27 minutes', () => {
    assert.deepEqual([0, 1, 2, 3, 4, 5].map(restartDelay), [0, 0, 0, 10_000, 20_000, 40_000]);
    assert.equal(restartDelay(100), 27 * 60_000);
  });
});

describe('alarms', () => {
  const config = (rollback: boolean) => ({ alarmNames: ['errors', 'slow'], enable: true, rollback });
  const standing = (isInAlarm: boolean, bakeTime: number) => [
    { alarmName: 'errors', isInAlarm: false, bakeTime: 1_000 },
    { alarmName: 'slow', isInAlarm, bakeTime },
  ];
  const rounds = fc.integer({ min: 0, max: 60 });
  const bakeTimes = fc.integer({ min: 1_000, max: 20_000 });

  it('that stay quiet let a deployment complete, once, when their time is over', () => {
    fc.assert(
      fc.property(movable, bakeTimes, ({ desiredCount, limits }, bakeTime) => {
        const world = steady(desiredCount, limits);
        world.alarms(standing(false, bakeTime));
        world.deploy('2', config(true));
        let wantedSince: number | undefined;
        for (let round = 0; round < 400 && !isSettled(world); round += 1) {
          world.decide((step) => {
            withinLimits(step, world);
            if (step.kind === 'startBaking') wantedSince = world.now;
            if (step.kind === 'retireRevision') assert.equal(world.primary.rolloutState, 'COMPLETED');
            if (step.kind === 'completeDeployment') assert.ok(world.now >= (wantedSince ?? Infinity) + bakeTime);
          });
          world.turn(() => 'runs');
        }
        assert.ok(isSettled(world));
        assert.equal(world.primary.revisionId, '2');
        assert.equal(world.taken.filter((kind) => kind === 'completeDeployment').length, 1);
        assert.equal(world.taken.filter((kind) => kind === 'announceSteadyState').length, 1);
      }),
    );
  });

  it('end a deployment whenever they come, within the limits; it goes back once and ends there', () => {
    fc.assert(
      fc.property(movable, rounds, bakeTimes, fc.boolean(), fc.boolean(), (shape, at, bakeTime, rollback, stays) => {
        const { desiredCount, limits } = shape;
        fc.pre(desiredCount > 0);
        const world = steady(desiredCount, limits);
        world.alarms(standing(false, bakeTime));
        world.deploy('2', config(rollback));
        let wasOver = false;
        for (let round = 0; round < 500; round += 1) {
          if (round === at) {
            wasOver = world.primary.rolloutState === 'COMPLETED';
            world.alarms(standing(true, bakeTime));
          }
          if (round > at + 200 && !stays) world.alarms(standing(false, bakeTime));
          world.decide(withinLimits);
          world.turn(() => 'runs');
        }
        assert.deepEqual(world.triggered, wasOver ? [] : ['slow']);
        assert.equal(world.taken.filter((kind) => kind === 'failDeployment').length, wasOver ? 0 : 1);
        assert.equal(world.primary.revisionId, wasOver || !rollback ? '2' : '1');
        if (wasOver || rollback) assert.ok(isSettled(world));
        else assert.equal(world.primary.rolloutState, 'FAILED');
        assert.ok(world.healthy >= world.limits.minimum);
      }),
      { numRuns: 60 },
    );
  });

  it('that ring already when a deployment begins do not watch it', () => {
    fc.assert(
      fc.property(movable, ({ desiredCount, limits }) => {
        const world = steady(desiredCount, limits);
        world.alarms(standing(true, 60_000));
        world.deploy('2', config(true));
        settle(world, 300);
        assert.equal(world.primary.revisionId, '2');
      }),
      { numRuns: 30 },
    );
  });
});

describe('daemons', () => {
  const daemonOf = (instances: number, minimumHealthyPercent: number): ServiceSnapshot =>
    snapshotOf({
      service: {
        ...serviceOf(0, { maximumPercent: 100, minimumHealthyPercent }),
        schedulingStrategy: 'DAEMON',
      },
      daemonInstances: Array.from({ length: instances }, (_, index) => ({
        containerInstanceId: `n${index}`,
        containerInstanceArn: `n${index}`,
        agentConnected: true,
      })),
    });

  it('have one task on each instance, and keep the minimum while they are replaced', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 0, max: 99 }), (instances, minimum) => {
        fc.pre(Math.ceil((instances * minimum) / 100) < instances);
        const world = new World(daemonOf(instances, minimum));
        const check = (step: ServiceStep): void => {
          if (step.kind === 'startTasks') {
            const used = new Set(world.around.map(({ containerInstanceId }) => containerInstanceId));
            assert.ok(step.targets?.every(({ containerInstanceId }) => !used.has(containerInstanceId)));
          }
          withinLimits(step, world);
        };
        const run = (): void => {
          for (let round = 0; round < 200; round += 1) {
            world.decide(check);
            world.turn(() => 'runs');
          }
          assert.ok(isSettled(world));
          assert.equal(new Set(world.around.map((task) => task.containerInstanceId)).size, instances);
        };
        run();
        world.deploy('2');
        run();
      }),
      { numRuns: 30 },
    );
  });
});
