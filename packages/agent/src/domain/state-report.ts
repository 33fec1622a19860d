/**
 * What the control plane is told of a task, and when. Pure. A report carries the task's status and every container
 * whose own status it has not heard yet; statuses only advance, so a repeat can be told from news.
 */
import type { ecs } from '@oreno/aws-wire';
import type { ContainerState, TaskState } from './task-state.ts';

export type ReportedStatus = 'NONE' | 'PENDING' | 'RUNNING' | 'STOPPED';

/** What a task's reports have said so far; kept on disk once the control plane took them. */
export interface Reported {
  readonly status: ReportedStatus;
  readonly containers: Readonly<Record<string, ReportedStatus>>;
  /** ARNs of the attachments that were reported ATTACHED. */
  readonly attachments: readonly string[];
}

export const nothingReported: Reported = { status: 'NONE', containers: {}, attachments: [] };

export interface Report {
  readonly input: ecs.SubmitTaskStateChangeRequest;
  /** What will have been said once this is taken. */
  readonly reported: Reported;
  /** The task itself moved: it goes out at once; the rest may wait a moment for more of its kind. */
  readonly urgent: boolean;
}

const order: Readonly<Record<ReportedStatus, number>> = { NONE: 0, PENDING: 1, RUNNING: 2, STOPPED: 3 };

/** The next report of a task after `reported` was said; undefined when there is no news. */
export function decideReport(task: TaskState, reported: Reported, cluster: string): Report | undefined {
  const attachment = decideAttachment(task, reported, cluster);
  if (attachment) return attachment;
  const status = statusOf(task);
  const news = task.containers.filter((container) => isNews(container, reported));
  const moved = order[status] > order[reported.status] && status !== 'PENDING';
  if (!moved && news.length === 0) return undefined;
  return {
    input: {
      cluster,
      task: task.arn,
      status: later(status, reported.status),
      reason: (task.reason ?? '').slice(0, 1024),
      containers: news.map((container) => containerChange(task, container)),
      ...timesOf(task),
    },
    reported: {
      ...reported,
      status: later(status, reported.status),
      containers: {
        ...reported.containers,
        ...Object.fromEntries(news.map((container) => [container.name, containerStatusOf(container)])),
      },
    },
    urgent: moved || status === 'PENDING',
  };
}

const statusOf = (task: TaskState): ReportedStatus =>
  task.knownStatus === 'RUNNING' || task.knownStatus === 'STOPPED' ? task.knownStatus : 'PENDING';

const later = (left: ReportedStatus, right: ReportedStatus): ReportedStatus =>
  order[left] >= order[right] ? left : right;

/** NONE until there is something to say; PENDING once the image's digest is known. */
function containerStatusOf(container: ContainerState): ReportedStatus {
  if (container.knownStatus === 'RUNNING' || container.knownStatus === 'STOPPED') return container.knownStatus;
  return container.imageDigest === undefined ? 'NONE' : 'PENDING';
}

function isNews(container: ContainerState, reported: Reported): boolean {
  if (container.type !== 'NORMAL') return false;
  return order[containerStatusOf(container)] > order[reported.containers[container.name] ?? 'NONE'];
}

function containerChange(task: TaskState, container: ContainerState): ecs.ContainerStateChange {
  const bindings = task.networkMode === 'awsvpc' ? addressBinding(task) : container.networkBindings;
  return {
    containerName: container.name,
    status: containerStatusOf(container),
    runtimeId: container.dockerId,
    exitCode: container.restartDue ? undefined : container.exitCode,
    imageDigest: container.imageDigest,
    reason: container.reason?.slice(0, 255),
    networkBindings: bindings.length > 0 ? [...bindings] : undefined,
  };
}

/**
 * An awsvpc task whose payload names no interface got its address from the engine: it is told as what the task's
 * ports are bound to, the one member of the protocol that holds an address.
 */
function addressBinding(task: TaskState): readonly ecs.NetworkBinding[] {
  if ((task.payload.elasticNetworkInterfaces ?? []).length > 0) return [];
  const pause = task.containers.find(({ type }) => type === 'CNI_PAUSE');
  const address = pause?.networks[0]?.ipv4Addresses[0];
  return address === undefined ? [] : [{ bindIP: address }];
}

function timesOf(
  task: TaskState,
): Pick<ecs.SubmitTaskStateChangeRequest, 'pullStartedAt' | 'pullStoppedAt' | 'executionStoppedAt'> {
  return {
    pullStartedAt: task.pullStartedAt,
    pullStoppedAt: task.pullStoppedAt,
    executionStoppedAt: task.executionStoppedAt,
  };
}

/** A task's network interface is ATTACHED once its pause container runs: told in a call of its own, before RUNNING. */
function decideAttachment(task: TaskState, reported: Reported, cluster: string): Report | undefined {
  const pause = task.containers.find(({ type }) => type === 'CNI_PAUSE');
  if (pause?.knownStatus !== 'RUNNING') return undefined;
  const arns = (task.payload.elasticNetworkInterfaces ?? []).flatMap(({ attachmentArn }) => attachmentArn ?? []);
  const fresh = arns.filter((arn) => !reported.attachments.includes(arn));
  if (fresh.length === 0) return undefined;
  return {
    input: {
      cluster,
      task: task.arn,
      attachments: fresh.map((attachmentArn) => ({ attachmentArn, status: 'ATTACHED' })),
    },
    reported: { ...reported, attachments: [...reported.attachments, ...fresh] },
    urgent: true,
  };
}
