/** Properties of BLUE_GREEN deployments over generated services and worlds. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { ecs } from '@oreno/aws-wire';
import fc from 'fast-check';
import type { ServiceStep } from '../src/domain/deployment/snapshot.ts';
import { revisionRecord, serviceRecord, snapshotOf, taskOf, World, type Fate } from './support/service-world.ts';

const order = [
  'RECONCILE_SERVICE',
  'PRE_SCALE_UP',
  'SCALE_UP',
  'POST_SCALE_UP',
  'TEST_TRAFFIC_SHIFT',
  'POST_TEST_TRAFFIC_SHIFT',
  'PRODUCTION_TRAFFIC_SHIFT',
  'POST_PRODUCTION_TRAFFIC_SHIFT',
  'BAKE_TIME',
  'CLEAN_UP',
];

const hookStages = fc.subarray<ecs.DeploymentLifecycleHookStage>([
  'PRE_SCALE_UP',
  'POST_SCALE_UP',
  'PRE_PRODUCTION_TRAFFIC_SHIFT',
  'POST_PRODUCTION_TRAFFIC_SHIFT',
]);

const shapes = fc.record({
  desiredCount: fc.integer({ min: 0, max: 20 }),
  bakeTimeInMinutes: fc.integer({ min: 0, max: 3 }),
  stages: hookStages,
});
type Shape = typeof shapes extends fc.Arbitrary<infer Value> ? Value : never;

const steady = ({ desiredCount, bakeTimeInMinutes, stages }: Shape, breaker = false): World =>
  new World(
    snapshotOf({
      service: serviceRecord({
        desiredCount,
        deploymentConfiguration: {
          ...serviceRecord().deploymentConfiguration,
          deploymentCircuitBreaker: { enable: breaker, rollback: breaker },
          strategy: 'BLUE_GREEN',
          bakeTimeInMinutes,
          lifecycleHooks:
            stages.length === 0
              ? []
              : [{ targetType: 'PAUSE', lifecycleStages: stages, timeoutConfiguration: { timeoutInMinutes: 10 } }],
        },
      }),
      revisions: [revisionRecord('1', { rolloutState: 'COMPLETED', completedAt: 1 })],
      tasks: Array.from({ length: desiredCount }, (_, index) => taskOf(`o${index}`, '1')),
    }),
  );

const running = (world: World, revisionId: string): number =>
  world.tasks.filter((task) => task.revisionId === revisionId && task.life === 'running').length;

/** Blue loses nothing before the last stage, and never does the service have fewer healthy tasks than it wants. */
const keepsBlue = (step: ServiceStep, world: World): void => {
  if (step.kind !== 'stopTasks' || world.snapshot.deployment?.rollback !== undefined) return;
  const stopsBlue = step.stops.some(({ revisionId }) => revisionId === '1');
  if (stopsBlue) assert.ok(['CLEAN_UP', undefined].includes(world.snapshot.deployment?.lifecycleStage));
};

const waitingHooks = (world: World) =>
  (world.snapshot.deployment?.hooks ?? []).filter(({ status }) => status === 'AWAITING_ACTION');

const isOver = (world: World): boolean =>
  world.primary.rolloutState !== 'IN_PROGRESS' && world.snapshot.revisions.length === 1;

describe('a blue/green deployment', () => {
  it('goes through its stages in order, keeps blue whole until the last, and ends', () => {
    fc.assert(
      fc.property(shapes, fc.nat(30), (shape, patience) => {
        const world = steady(shape);
        world.deploy('2');
        let baked = 0;
        for (let round = 0; round < 1_000 && !isOver(world); round += 1) {
          world.decide((step) => {
            keepsBlue(step, world);
            if (step.kind === 'enterStage' && step.stage === 'BAKE_TIME') baked = world.now;
            if (step.kind === 'enterStage' && step.stage === 'CLEAN_UP') {
              assert.ok(world.now >= baked + shape.bakeTimeInMinutes * 60_000);
              assert.equal(running(world, '2'), shape.desiredCount);
            }
          });
          if (round % (patience + 1) === 0)
            for (const { hookId } of waitingHooks(world)) world.answer(hookId, 'SUCCEEDED');
          world.turn(() => 'runs');
          assert.ok(world.healthy >= shape.desiredCount);
        }
        assert.ok(isOver(world));
        assert.deepEqual(
          [world.primary.revisionId, running(world, '2'), running(world, '1')],
          ['2', shape.desiredCount, 0],
        );
        const places = world.entered.map((stage) => order.indexOf(stage));
        assert.deepEqual(
          places,
          [...new Set(places)].toSorted((left, right) => left - right),
        );
        assert.equal(world.entered.at(-1), 'CLEAN_UP');
        assert.equal(world.taken.filter((kind) => kind === 'completeDeployment').length, 1);
      }),
    );
  });

  it('goes back from any stage, by hand, by a hook or its time, by an alarm, by tasks that fail', () => {
    const causes = fc.constantFrom('stop', 'hook', 'time', 'alarm', 'tasks');
    fc.assert(
      fc.property(shapes, causes, fc.nat(60), (shape, cause, at) => {
        fc.pre(shape.desiredCount > 0);
        const world = steady(
          { ...shape, stages: cause === 'hook' || cause === 'time' ? ['POST_SCALE_UP'] : shape.stages },
          true,
        );
        world.alarms([{ alarmName: 'errors', isInAlarm: false, bakeTime: 60_000 }]);
        world.deploy('2', { alarmNames: ['errors'], enable: true, rollback: true });
        const fate = ({ revisionId }: { revisionId: string }): Fate =>
          cause === 'tasks' && revisionId === '2' ? 'fails' : 'runs';
        for (let round = 0; round < 1_500; round += 1) {
          const { deployment } = world.snapshot;
          if (round === at && cause === 'stop' && deployment !== undefined && deployment.rollback === undefined) {
            world.snapshot = { ...world.snapshot, deployment: { ...deployment, stopRequested: 'ROLLBACK' } };
          }
          if (round === at && cause === 'alarm')
            world.alarms([{ alarmName: 'errors', isInAlarm: true, bakeTime: 60_000 }]);
          for (const { hookId } of waitingHooks(world)) {
            if (cause === 'hook') world.answer(hookId, 'FAILED');
            else if (cause !== 'time') world.answer(hookId, 'SUCCEEDED');
          }
          world.decide((step) => keepsBlue(step, world));
          world.turn(fate);
          if (cause === 'tasks') world.now += 60_000;
          assert.ok(world.healthy >= shape.desiredCount, `${world.healthy} healthy`);
        }
        const mustGoBack = cause === 'hook' || cause === 'time' || cause === 'tasks';
        if (mustGoBack) assert.equal(world.primary.revisionId, '1');
        assert.ok(isOver(world));
        assert.equal(running(world, world.primary.revisionId), shape.desiredCount);
        assert.equal(world.around.length, shape.desiredCount);
      }),
      { numRuns: 60 },
    );
  });
});
