/**
 * What the service scheduler decides on, and the steps that it can take. A step names what it was decided on,
 * so that its effect can check, in its own transaction, that this still holds.
 */
import type { ServiceDeploymentRecord, ServiceRecord, ServiceRevisionRecord } from '../../service-records.ts';
import type { ServiceTask } from '../service/service-task.ts';
import type { Stage } from './stages.ts';

/** An ACTIVE container instance that a DAEMON service belongs on. */
export interface DaemonInstance {
  readonly containerInstanceId: string;
  readonly containerInstanceArn: string;
  readonly agentConnected: boolean;
}

/** A DRAINING container instance. */
export interface DrainingInstance {
  readonly containerInstanceId: string;
  /** Whether tasks other than this service's are still on it: daemons leave last. */
  readonly hasOtherTasks: boolean;
}

/** Capacity providers whose tasks can run on the same instances, and the zones of those. */
export interface ZonePool {
  /** Those of the service's strategy; empty where it has none: all of its tasks. */
  readonly providers: readonly string[];
  /** Zones with ACTIVE instances that could take the tasks, whatever room is left there. */
  readonly zones: readonly string[];
}

/** How an alarm stands. */
export interface AlarmStanding {
  readonly alarmName: string;
  readonly isInAlarm: boolean;
  /** Milliseconds that the alarm needs to see what a deployment does: its evaluation periods, and one evaluation. */
  readonly bakeTime: number;
}

export interface ServiceSnapshot {
  readonly service: ServiceRecord;
  /** Those that are not INACTIVE, oldest first; one of them is PRIMARY unless the service is INACTIVE. */
  readonly revisions: readonly ServiceRevisionRecord[];
  /** The newest one that is completed and could be gone back to: never the PRIMARY one. */
  readonly lastCompleted?: ServiceRevisionRecord | undefined;
  /** The service deployment that is under way. */
  readonly deployment?: ServiceDeploymentRecord | undefined;
  /** The alarms that it is watched by and that there are. */
  readonly alarms: readonly AlarmStanding[];
  /** All tasks of the service that are still recorded, the stopped ones included. */
  readonly tasks: readonly ServiceTask[];
  readonly draining: readonly DrainingInstance[];
  /** For a DAEMON service. */
  readonly daemonInstances: readonly DaemonInstance[];
  /** Where tasks of a service that is rebalanced can go; empty for any other. */
  readonly zones: readonly ZonePool[];
  /** What the loop has seen of the cluster's instances: another text means that something changed. */
  readonly instancesSeen: string;
}

/** Why the scheduler stops a task; it becomes the task's stopped reason. */
export type StopCause = 'scaling' | 'rebalancing' | 'unhealthy' | 'lost';

export interface TaskStop {
  readonly taskId: string;
  readonly cause: StopCause;
  readonly revisionId: string;
}

interface StepOf<Kind extends string> {
  readonly kind: Kind;
  readonly service: ServiceRecord;
}

export interface StartTasks extends StepOf<'startTasks'> {
  readonly revision: ServiceRevisionRecord;
  readonly count: number;
  /** Of a DAEMON service: one task on each of these. */
  readonly targets?: readonly DaemonInstance[] | undefined;
  /** Where they are to go, to balance the zones. */
  readonly zone?: string | undefined;
  /** Of which capacity provider they are then. */
  readonly capacityProvider?: string | undefined;
  readonly instancesSeen: string;
  /** How many of them replace tasks that failed their health checks. */
  readonly replacingUnhealthy: number;
}

export interface StopTasks extends StepOf<'stopTasks'> {
  readonly stops: readonly TaskStop[];
}

/** Writes how often tasks of the PRIMARY revision failed in a row. */
export interface NoteFailures extends StepOf<'noteFailures'> {
  readonly revision: ServiceRevisionRecord;
  readonly failedTasks: number;
  readonly countedTasks: readonly string[];
  readonly lastFailureAt: number | undefined;
  readonly tellUser: boolean;
}

export interface CompleteDeployment extends StepOf<'completeDeployment'> {
  readonly revision: ServiceRevisionRecord;
}

/** Ends a deployment: with `rollbackTo` that revision becomes PRIMARY again, without it nothing is started any more. */
export interface FailDeployment extends StepOf<'failDeployment'> {
  readonly revision: ServiceRevisionRecord;
  readonly rollbackTo: ServiceRevisionRecord | undefined;
  readonly cause: 'alarm' | 'circuitBreaker' | 'hook' | 'stopRequested';
  /** Where a hook is the cause: the stage that it is of. */
  readonly stage?: Stage | undefined;
  /** Where alarms are the cause. */
  readonly triggeredAlarmNames?: readonly string[] | undefined;
}

/** The service is as wanted: from now on the deployment waits for its alarms alone. */
export interface StartBaking extends StepOf<'startBaking'> {
  readonly deployment: ServiceDeploymentRecord;
  readonly since: number;
}

/** A BLUE_GREEN deployment comes to its next stage. */
export interface EnterStage extends StepOf<'enterStage'> {
  readonly deployment: ServiceDeploymentRecord;
  readonly stage: Stage;
}
/** Nobody said in time how a paused deployment is to go on. */
export interface ExpireHook extends StepOf<'expireHook'> {
  readonly deployment: ServiceDeploymentRecord;
  readonly hookId: string;
}
/** A revision without tasks that is not PRIMARY is history. */
export type RetireRevision = StepOf<'retireRevision'> & { readonly revision: ServiceRevisionRecord };
export type AnnounceSteadyState = StepOf<'announceSteadyState'>;
/** The percentages leave no task to start and none to stop. */
export type AnnounceDeadlock = StepOf<'announceDeadlock'>;
/** Tasks in an Availability Zone. */
export interface ZoneCount {
  readonly zone: string;
  readonly tasks: number;
}
/** Balancing the zones begins or ends. */
export interface SetRebalancing extends StepOf<'setRebalancing'> {
  readonly counts: readonly ZoneCount[];
  readonly isUnderWay: boolean;
}
/** How many instances a DAEMON service belongs on now. */
export type SetDesiredCount = StepOf<'setDesiredCount'> & { readonly desiredCount: number };
/** The last task of a deleted service is gone. */
export type Deactivate = StepOf<'deactivate'>;
/** An INACTIVE service's hour is over. */
export type ForgetService = StepOf<'forgetService'>;

export type ServiceStep =
  | StartTasks
  | StopTasks
  | NoteFailures
  | CompleteDeployment
  | FailDeployment
  | StartBaking
  | EnterStage
  | ExpireHook
  | RetireRevision
  | AnnounceSteadyState
  | AnnounceDeadlock
  | SetRebalancing
  | SetDesiredCount
  | Deactivate
  | ForgetService;
