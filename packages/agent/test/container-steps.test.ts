import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { acceptTask } from '../src/domain/accept-task.ts';
import { decideContainerStep } from '../src/domain/decide-container-step.ts';
import type { ContainerStep } from '../src/domain/decide-container-step.ts';
import { compareStatus, dependenciesOf } from '../src/domain/dependencies.ts';
import { changeContainer, deriveTask, isEssential } from '../src/domain/derive-task.ts';
import { decideReport, nothingReported } from '../src/domain/state-report.ts';
import type { ContainerState, TaskState } from '../src/domain/task-state.ts';
import type { AcsContainer, AcsDependencyCondition, AcsTask } from '../src/protocol/acs-messages.ts';

/**
 * A world in small: it takes whatever step is decided, in an order by chance, with outcomes by chance, and lets
 * containers end when they like. The properties are what must hold in every such world.
 */
const conditions: readonly AcsDependencyCondition[] = ['START', 'COMPLETE', 'SUCCESS', 'HEALTHY'];

const containerArbitrary = fc.record({
  essential: fc.boolean(),
  dependsOn: fc.array(fc.record({ on: fc.nat(4), condition: fc.constantFrom(...conditions) }), { maxLength: 2 }),
  healthy: fc.boolean(),
  startTimeout: fc.constantFrom(undefined, 3),
  /** What the world does with it. */
  fails: fc.constantFrom(undefined, undefined, undefined, 'pull', 'create', 'start'),
  exitCode: fc.constantFrom(0, 0, 1),
  /** Rounds that it runs by itself; undefined is for ever. */
  lives: fc.option(fc.nat(6), { nil: undefined }),
});

const worldArbitrary = fc.record({
  containers: fc.array(containerArbitrary, { minLength: 1, maxLength: 5 }),
  networkMode: fc.constantFrom('bridge' as const, 'awsvpc' as const),
  stopAt: fc.option(fc.nat(40), { nil: undefined }),
  choices: fc.infiniteStream(fc.nat()),
});

type World = typeof worldArbitrary extends fc.Arbitrary<infer T> ? T : never;

const nameOf = (index: number) => `c${index}`;

function taskOf(world: World): AcsTask {
  const containers = world.containers.map((container, index): AcsContainer => {
    // Only earlier containers: circles are refused before any step is taken, and are tested apart.
    const dependsOn = container.dependsOn.flatMap(({ on, condition }) =>
      on < index ? [{ containerName: nameOf(on), condition }] : [],
    );
    return {
      name: nameOf(index),
      image: 'image',
      essential: index === 0 || container.essential,
      dependsOn,
      startTimeout: container.startTimeout,
      healthCheckType: container.healthy ? 'docker' : undefined,
    };
  });
  return {
    arn: 'arn:x/1',
    family: 'f',
    version: '1',
    desiredStatus: 'RUNNING',
    networkMode: world.networkMode,
    containers,
  };
}

let ids = 0;
const makings = { now: 0, cluster: 'c', uuid: () => String((ids += 1)), hex: () => String((ids += 1)) };

interface Moment {
  readonly task: TaskState;
  readonly step: ContainerStep | undefined;
  readonly container: ContainerState | undefined;
}

/** Lives the world to its end; calls back before each step with the task as it was. */
function live(world: World, look: (moment: Moment) => void): TaskState {
  const choices = world.choices[Symbol.iterator]();
  const choose = <T>(list: readonly T[]): T | undefined => list[(choices.next().value ?? 0) % Math.max(1, list.length)];
  let task = acceptTask(taskOf(world), makings);
  const runningSince = new Map<string, number>();
  const script = (name: string) => world.containers[Number(name.slice(1))];

  for (let now = 1000; now < 400_000; now += 1000) {
    if (world.stopAt !== undefined && now === world.stopAt * 1000 + 1000)
      task = deriveTask({ ...task, desiredStatus: 'STOPPED' }, now);
    for (const container of task.containers) {
      if (container.knownStatus !== 'RUNNING') continue;
      const since = runningSince.get(container.name) ?? now;
      const own = script(container.name);
      if (own?.healthy && container.health === undefined && now - since >= 1000)
        task = changeContainer(task, container.name, { health: { status: 'HEALTHY', since: now } }, now);
      if (own?.lives !== undefined && now - since >= own.lives * 1000)
        task = changeContainer(
          task,
          container.name,
          { knownStatus: 'STOPPED', exitCode: own.exitCode, finishedAt: now },
          now,
        );
    }
    const context = { now, defaultStopTimeoutSeconds: 30, hasExecutionCredentials: true };
    const steps = task.containers
      .map((container) => ({ container, step: decideContainerStep(task, container, context) }))
      .filter(({ step }) => step.kind !== 'none');
    const chosen = choose(steps);
    look({ task, step: chosen?.step, container: chosen?.container });
    if (!chosen) {
      const waits = task.containers.some(({ knownStatus }) => knownStatus !== 'STOPPED');
      if (!waits) return task;
      continue;
    }
    const { container, step } = chosen;
    const outcomes: Partial<Record<ContainerStep['kind'], Partial<ContainerState>>> = {
      pull: { knownStatus: 'PULLED' },
      create: { knownStatus: 'CREATED' },
      start: { knownStatus: 'RUNNING', startedAt: now },
      stop: { knownStatus: 'STOPPED', exitCode: 137, finishedAt: now },
      settle: { knownStatus: 'STOPPED' },
    };
    const fails = script(container.name)?.fails === step.kind;
    const outcome = fails ? { knownStatus: 'STOPPED' as const, reason: 'failed' } : outcomes[step.kind];
    if (step.kind === 'start' && !fails) runningSince.set(container.name, now);
    task = changeContainer(task, container.name, outcome ?? {}, now);
  }
  return task;
}

describe('the steps of a task’s containers', () => {
  it('never go back, and a task is as far as its least advanced container', () => {
    fc.assert(
      fc.property(worldArbitrary, (world) => {
        let before: TaskState | undefined;
        live(world, ({ task }) => {
          for (const container of task.containers) {
            const earlier = before?.containers.find(({ name }) => name === container.name);
            if (earlier) assert.ok(compareStatus(container.knownStatus, earlier.knownStatus) >= 0);
          }
          if (before) assert.ok(compareStatus(task.knownStatus, before.knownStatus) >= 0);
          for (const { knownStatus } of task.containers) assert.ok(compareStatus(knownStatus, task.knownStatus) >= 0);
          before = task;
        });
      }),
    );
  });

  it('start nothing before what it depends on, and stop nothing before what depends on it', () => {
    fc.assert(
      fc.property(worldArbitrary, (world) => {
        live(world, ({ task, step, container }) => {
          if (!step || !container) return;
          if (step.kind === 'start') {
            for (const { containerName, condition } of dependenciesOf(task, container)) {
              const target = task.containers.find(({ name }) => name === containerName);
              assert.ok(target && target.startedAt !== undefined);
              if (condition === 'COMPLETE' || condition === 'SUCCESS') assert.equal(target.knownStatus, 'STOPPED');
              if (condition === 'SUCCESS') assert.equal(target.exitCode, 0);
              if (condition === 'HEALTHY') assert.equal(target.health?.status, 'HEALTHY');
            }
          }
          if (step.kind === 'stop') {
            for (const other of task.containers) {
              const depends = dependenciesOf(task, other).some(({ containerName }) => containerName === container.name);
              if (depends) assert.equal(other.knownStatus, 'STOPPED');
            }
          }
        });
      }),
    );
  });

  it('end: when an essential container ends, or all do, everything stops and stays so', () => {
    fc.assert(
      fc.property(worldArbitrary, (world) => {
        const last = live(world, () => {});
        const essentialOver = last.containers.some((one) => one.knownStatus === 'STOPPED' && isEssential(one));
        const asked = world.stopAt !== undefined;
        if (essentialOver || asked) assert.equal(last.knownStatus, 'STOPPED');
        if (last.knownStatus === 'STOPPED') {
          assert.ok(last.containers.every(({ knownStatus }) => knownStatus === 'STOPPED'));
          assert.ok(last.stoppedAt !== undefined && last.executionStoppedAt !== undefined);
        }
      }),
    );
  });

  it('are told in order: each container’s status advances, STOPPED is last, and nothing is left unsaid', () => {
    fc.assert(
      fc.property(worldArbitrary, (world) => {
        let reported = nothingReported;
        const statuses: string[] = [];
        const say = (task: TaskState) => {
          for (let report = decideReport(task, reported, 'c'); report; report = decideReport(task, reported, 'c')) {
            assert.ok(!statuses.includes('STOPPED'));
            reported = report.reported;
            if (report.input.status !== undefined) statuses.push(report.input.status);
          }
        };
        const last = live(world, ({ task }) => say(task));
        say(last);
        if (last.knownStatus === 'STOPPED') assert.equal(statuses.at(-1), 'STOPPED');
        for (const { name, type, knownStatus } of last.containers)
          if (type === 'NORMAL' && (knownStatus === 'RUNNING' || knownStatus === 'STOPPED'))
            assert.equal(reported.containers[name], knownStatus);
      }),
    );
  });

  it('refuse a circle with ECS’s reason', () => {
    const containers = [
      { name: 'a', image: 'i', dependsOn: [{ containerName: 'b', condition: 'START' as const }] },
      { name: 'b', image: 'i', links: ['a'] },
    ];
    const task = acceptTask(
      { arn: 'arn:x/1', family: 'f', version: '1', desiredStatus: 'RUNNING', containers },
      makings,
    );
    assert.deepEqual(
      [task.desiredStatus, task.reason],
      ['STOPPED', 'Task dependencies cannot be resolved, taskArn: arn:x/1'],
    );
  });
});
