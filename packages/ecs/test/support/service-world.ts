/**
 * A world for the service scheduler's decisions: it carries out steps as the effects do, but in memory, and lets
 * tasks live, fail or hang as a test says. No store, no agent, no clock but its own.
 */
import type { ecs } from '@oreno/aws-wire';
import { alarmsAtStart } from '../../src/domain/deployment/alarms.ts';
import { decideDeployment } from '../../src/domain/deployment/decide-deployment.ts';
import { hooksAt, newHook } from '../../src/domain/deployment/stages.ts';
import { limitsOf } from '../../src/domain/deployment/limits.ts';
import type { AlarmStanding, ServiceSnapshot, ServiceStep } from '../../src/domain/deployment/snapshot.ts';
import { isHealthy, type ServiceTask } from '../../src/domain/service/service-task.ts';
import type { ServiceDeploymentRecord, ServiceRecord, ServiceRevisionRecord } from '../../src/service-records.ts';

type DeploymentAlarms = ecs.DeploymentAlarms;

const key = { account: '000000000000', region: 'us-east-1', clusterName: 'lab', serviceName: 'web' };

export const serviceRecord = (changes: Partial<ServiceRecord> = {}): ServiceRecord => ({
  ...key,
  serviceArn: 'arn:aws:ecs:us-east-1:000000000000:service/lab/web',
  clusterArn: 'arn:aws:ecs:us-east-1:000000000000:cluster/lab',
  createdAt: 0,
  createdBy: 'arn:aws:iam::000000000000:root',
  schedulingStrategy: 'REPLICA',
  status: 'ACTIVE',
  desiredCount: 2,
  deploymentConfiguration: {
    deploymentCircuitBreaker: { enable: false, rollback: false },
    maximumPercent: 200,
    minimumHealthyPercent: 100,
    strategy: 'ROLLING',
    bakeTimeInMinutes: 0,
  },
  placementConstraints: [],
  placementStrategy: [],
  availabilityZoneRebalancing: 'DISABLED',
  enableECSManagedTags: false,
  propagateTags: 'NONE',
  tags: [],
  taskDefinition: 'arn:aws:ecs:us-east-1:000000000000:task-definition/web:1',
  launchType: 'EC2',
  turn: 0,
  ...changes,
});

export const revisionRecord = (
  revisionId: string,
  changes: Partial<ServiceRevisionRecord> = {},
): ServiceRevisionRecord => ({
  ...key,
  revisionId,
  taskDefinition: `arn:aws:ecs:us-east-1:000000000000:task-definition/web:${revisionId}`,
  launchType: 'EC2',
  createdAt: Number(revisionId),
  updatedAt: Number(revisionId),
  status: 'PRIMARY',
  rolloutState: 'IN_PROGRESS',
  rolloutStateReason: '',
  failedTasks: 0,
  countedTasks: [],
  ...changes,
});

export const deploymentRecord = (changes: Partial<ServiceDeploymentRecord> = {}): ServiceDeploymentRecord => ({
  ...key,
  serviceDeploymentId: 'd1',
  createdAt: 0,
  startedAt: 0,
  updatedAt: 0,
  status: 'IN_PROGRESS',
  targetRevisionId: '1',
  sourceRevisionIds: [],
  deploymentConfiguration: serviceRecord().deploymentConfiguration,
  circuitBreaker: { status: 'MONITORING', failureCount: 0, threshold: 3 },
  ...changes,
});

export const taskOf = (taskId: string, revisionId: string, changes: Partial<ServiceTask> = {}): ServiceTask => ({
  taskId,
  revisionId,
  containerInstanceId: 'i1',
  life: 'running',
  health: 'NONE',
  createdAt: 0,
  startedAt: 0,
  zone: 'a',
  spread: ['a', 'i1'],
  ...changes,
});

export const snapshotOf = (changes: Partial<ServiceSnapshot> = {}): ServiceSnapshot => ({
  service: serviceRecord(),
  revisions: [revisionRecord('1')],
  alarms: [],
  tasks: [],
  draining: [],
  daemonInstances: [],
  zones: [],
  instancesSeen: 'run/0',
  ...changes,
});

/** What happens to a task that is starting, the next time that the world turns; `exits`: it runs, and ends a turn later. */
export type Fate = 'runs' | 'fails' | 'hangs' | 'exits';

export class World {
  now = 1_000_000;
  snapshot: ServiceSnapshot;
  /** The steps that were taken, by kind, in order. */
  readonly taken: ServiceStep['kind'][] = [];
  /** The stages of a BLUE_GREEN deployment, in order. */
  readonly entered: string[] = [];
  /** Alarms that ended a deployment. */
  readonly triggered: string[] = [];
  /** Tasks that a node can take: none are started beyond it. */
  capacity = Infinity;
  readonly #exiting = new Set<string>();
  #ids = 0;

  constructor(snapshot: ServiceSnapshot) {
    this.snapshot = snapshot;
  }

  get tasks(): readonly ServiceTask[] {
    return this.snapshot.tasks;
  }

  /** Tasks that are not stopped. */
  get around(): readonly ServiceTask[] {
    return this.tasks.filter(({ life }) => life !== 'stopped');
  }

  get primary(): ServiceRevisionRecord {
    const found = this.snapshot.revisions.find(({ status }) => status === 'PRIMARY');
    if (found === undefined) throw new Error('no PRIMARY revision');
    return found;
  }

  get limits(): { readonly minimum: number; readonly maximum: number } {
    const { desiredCount, deploymentConfiguration } = this.snapshot.service;
    return limitsOf(desiredCount, deploymentConfiguration);
  }

  get healthy(): number {
    return this.tasks.filter(isHealthy).length;
  }

  /** Decides once and takes the steps; answers how many there were. */
  decide(check: (step: ServiceStep, before: World) => void = () => undefined): number {
    const { steps } = decideDeployment(this.snapshot, this.now);
    for (const step of steps) {
      this.taken.push(step.kind);
      check(step, this);
      this.#take(step);
    }
    return steps.length;
  }

  /** Lets tasks go on: starting ones by their fate, stopping ones to STOPPED where `stops` says so. */
  turn(fate: (task: ServiceTask) => Fate, stops: (task: ServiceTask) => boolean = () => true): void {
    this.now += 1_000;
    this.#change((task) => {
      if (task.life === 'stopping') return stops(task) ? { ...task, life: 'stopped', stoppedAt: this.now } : task;
      if (this.#exiting.delete(task.taskId)) return { ...task, life: 'stopped', stoppedAt: this.now, ended: 'exited' };
      if (task.life !== 'starting') return task;
      const outcome = fate(task);
      if (outcome === 'exits') this.#exiting.add(task.taskId);
      if (outcome === 'runs' || outcome === 'exits') return { ...task, life: 'running', startedAt: this.now };
      return outcome === 'fails' ? { ...task, life: 'stopped', stoppedAt: this.now, ended: 'failedToStart' } : task;
    });
  }

  /** A new revision becomes PRIMARY. */
  deploy(revisionId: string, alarms?: DeploymentAlarms): void {
    const older = this.snapshot.revisions.map((revision) => ({ ...revision, status: 'ACTIVE' as const }));
    const revision = revisionRecord(revisionId);
    this.#set({
      revisions: [...older, revision],
      lastCompleted: older.findLast(({ completedAt }) => completedAt !== undefined),
      deployment: deploymentRecord({
        targetRevisionId: revisionId,
        sourceRevisionIds: older.map((each) => each.revisionId),
        deploymentConfiguration: { ...this.snapshot.service.deploymentConfiguration, alarms },
        alarms: alarmsAtStart({ ...this.snapshot.service.deploymentConfiguration, alarms }, this.snapshot.alarms),
      }),
      service: { ...this.snapshot.service, taskDefinition: revision.taskDefinition, steadyAt: undefined },
    });
  }

  /** Ends a hook's wait. */
  answer(hookId: string, status: ecs.DeploymentLifecycleHookStatus): void {
    const { deployment } = this.snapshot;
    if (deployment === undefined) return;
    const hooks = (deployment.hooks ?? []).map((hook) => (hook.hookId === hookId ? { ...hook, status } : hook));
    this.#set({ deployment: { ...deployment, hooks } });
  }

  /** The alarms there are, and which of them are in ALARM. */
  alarms(standing: readonly AlarmStanding[]): void {
    this.#set({ alarms: standing });
  }

  scale(desiredCount: number): void {
    this.#set({ service: { ...this.snapshot.service, desiredCount, steadyAt: undefined } });
  }

  #set(changes: Partial<ServiceSnapshot>): void {
    this.snapshot = { ...this.snapshot, ...changes };
  }

  #change(change: (task: ServiceTask) => ServiceTask): void {
    this.#set({ tasks: this.tasks.map(change) });
  }

  #revise(revisionId: string, changes: Partial<ServiceRevisionRecord>): void {
    const revisions = this.snapshot.revisions.map((revision) =>
      revision.revisionId === revisionId ? { ...revision, ...changes } : revision,
    );
    this.#set({ revisions });
  }

  #take(step: ServiceStep): void {
    const effect: (step: ServiceStep) => void = this.#effects[step.kind] as (step: ServiceStep) => void;
    effect(step);
  }

  readonly #effects: { readonly [Kind in ServiceStep['kind']]: (step: Extract<ServiceStep, { kind: Kind }>) => void } =
    {
      startTasks: ({ revision, count, targets, zone, capacityProvider, instancesSeen }) => {
        const room = Math.max(0, this.capacity - this.around.length);
        const started = Array.from({ length: Math.min(count, room) }, (_, index) => {
          this.#ids += 1;
          const containerInstanceId = targets?.[index]?.containerInstanceId ?? `i${this.#ids % 3}`;
          return taskOf(`t${String(this.#ids).padStart(6, '0')}`, revision.revisionId, {
            life: 'starting',
            containerInstanceId,
            createdAt: this.now,
            startedAt: undefined,
            zone: zone ?? `z${this.#ids % 2}`,
            capacityProvider,
            spread: [zone ?? `z${this.#ids % 2}`, containerInstanceId],
          });
        });
        const blocked = started.length < count ? { at: this.now, message: 'no room', instancesSeen } : undefined;
        const { service } = this.snapshot;
        this.#set({
          tasks: [...this.tasks, ...started],
          service:
            zone === undefined
              ? { ...service, turn: service.turn + 1, blocked, steadyAt: undefined }
              : { ...service, turn: service.turn + 1, rebalancing: { blocked }, steadyAt: undefined },
        });
      },
      stopTasks: ({ stops }) => {
        const ids = new Set(stops.map(({ taskId }) => taskId));
        this.#change((task) =>
          ids.has(task.taskId) && task.life !== 'stopped'
            ? { ...task, life: 'stopping', ended: task.health === 'UNHEALTHY' ? 'unhealthy' : 'stopped' }
            : task,
        );
      },
      noteFailures: ({ revision, failedTasks, countedTasks, lastFailureAt }) =>
        this.#revise(revision.revisionId, { failedTasks, countedTasks, lastFailureAt }),
      completeDeployment: ({ revision }) => {
        this.#revise(revision.revisionId, { rolloutState: 'COMPLETED', completedAt: this.now });
        this.#set({ deployment: undefined });
      },
      failDeployment: ({ revision, rollbackTo, triggeredAlarmNames = [] }) => {
        this.triggered.push(...triggeredAlarmNames);
        this.#revise(revision.revisionId, {
          rolloutState: 'FAILED',
          status: rollbackTo === undefined ? 'PRIMARY' : 'ACTIVE',
        });
        if (rollbackTo === undefined) return this.#set({ deployment: undefined });
        const others = this.snapshot.revisions.filter(({ revisionId }) => revisionId !== rollbackTo.revisionId);
        const back = {
          ...rollbackTo,
          status: 'PRIMARY' as const,
          rolloutState: 'IN_PROGRESS' as const,
          failedTasks: 0,
        };
        const rollback = { reason: '', startedAt: this.now, revisionId: rollbackTo.revisionId };
        this.#set({ revisions: [back, ...others], deployment: deploymentRecord({ rollback }) });
      },
      enterStage: ({ stage }) => {
        const { deployment } = this.snapshot;
        if (deployment === undefined) return;
        const hooks = hooksAt(deployment, stage).map((hook, index) =>
          newHook(hook, stage, `${stage}${index}`, this.now),
        );
        this.entered.push(stage);
        this.#set({
          deployment: {
            ...deployment,
            lifecycleStage: stage,
            stageSince: this.now,
            hooks: [...(deployment.hooks ?? []), ...hooks],
          },
        });
      },
      expireHook: ({ hookId }) => this.answer(hookId, 'TIMED_OUT'),
      startBaking: ({ since }) =>
        this.#set({ deployment: deploymentRecord({ ...this.snapshot.deployment, bakingSince: since }) }),
      retireRevision: ({ revision }) =>
        this.#set({
          revisions: this.snapshot.revisions.filter(({ revisionId }) => revisionId !== revision.revisionId),
        }),
      announceSteadyState: () => this.#set({ service: { ...this.snapshot.service, steadyAt: this.now } }),
      announceDeadlock: () => undefined,
      setRebalancing: ({ isUnderWay }) =>
        this.#set({ service: { ...this.snapshot.service, rebalancing: isUnderWay ? {} : undefined } }),
      setDesiredCount: ({ desiredCount }) => this.#set({ service: { ...this.snapshot.service, desiredCount } }),
      deactivate: () => this.#set({ service: { ...this.snapshot.service, status: 'INACTIVE', inactiveAt: this.now } }),
      forgetService: () => undefined,
    };
}
