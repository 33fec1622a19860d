/**
 * What an agent says of a task, and how it is joined with what is known already. Agents list only what
 * changed, so a report is merged and never replaces; it may come twice, or after a newer one.
 *
 * Invariant: joining the same reports in any order, any number of times, ends in the same statuses, exit codes,
 * bindings and stop code. A further status wins; between equals the news wins; what is missing is filled in.
 */
import type { ecs } from '@oreno/aws-wire';
import type { TaskContainerRecord, TaskRecord, TaskStatus } from '../../records.ts';
import { explainStop } from './stop-reason.ts';

/** A container's part of a report. Statuses that are not known are read as PENDING. */
export interface ContainerReport {
  readonly name: string;
  readonly status: TaskContainerRecord['lastStatus'];
  readonly exitCode?: number | undefined;
  readonly reason?: string | undefined;
  readonly runtimeId?: string | undefined;
  readonly imageDigest?: string | undefined;
  readonly networkBindings?: readonly ecs.NetworkBinding[] | undefined;
  readonly managedAgents?: readonly ecs.ManagedAgent[] | undefined;
}

export interface AgentReport {
  /** Absent where only an attachment or a container is reported. */
  readonly status?: 'PENDING' | 'RUNNING' | 'STOPPED' | undefined;
  readonly reason?: string | undefined;
  readonly containers: readonly ContainerReport[];
  /** New statuses of attachments by their id. */
  readonly attachments?: ReadonlyMap<string, string> | undefined;
  readonly pullStartedAt?: number | undefined;
  readonly pullStoppedAt?: number | undefined;
  readonly executionStoppedAt?: number | undefined;
}

const containerOrder: readonly TaskContainerRecord['lastStatus'][] = ['PENDING', 'RUNNING', 'STOPPED'];

/** The life's order once more, as numbers: reports know three of the statuses. */
const taskOrder: { readonly [Status in TaskStatus]: number } = {
  PROVISIONING: 0,
  PENDING: 1,
  ACTIVATING: 2,
  RUNNING: 3,
  DEACTIVATING: 4,
  STOPPING: 5,
  DEPROVISIONING: 6,
  STOPPED: 7,
};

/** Empty texts and lists are how agents say nothing. */
const said = <T extends { readonly length: number }>(value: T | undefined): T | undefined =>
  value === undefined || value.length === 0 ? undefined : value;

const earliest = (left: number | undefined, right: number | undefined): number | undefined =>
  left === undefined || right === undefined ? (left ?? right) : Math.min(left, right);

/** The task with the report joined in, or undefined when it says nothing new. */
export const mergeReport = (task: TaskRecord, report: AgentReport, at: number): TaskRecord | undefined => {
  const lastStatus = furtherOf(task.lastStatus, report.status);
  const merged: TaskRecord = {
    ...task,
    lastStatus,
    containers: mergeContainers(task, report, lastStatus),
    attachments: mergeAttachments(task, report, lastStatus),
    pullStartedAt: earliest(task.pullStartedAt, report.pullStartedAt),
    pullStoppedAt: earliest(task.pullStoppedAt, report.pullStoppedAt),
    executionStoppedAt: earliest(task.executionStoppedAt, report.executionStoppedAt),
    startedAt: task.startedAt ?? (report.status === 'RUNNING' ? Math.min(at, task.stoppedAt ?? at) : undefined),
    stoppedAt: task.stoppedAt ?? (report.status === 'STOPPED' ? at : undefined),
  };
  const explained = explainStop(merged, said(report.reason), at);
  return isSame(task, explained) ? undefined : explained;
};

const furtherOf = (known: TaskStatus, reported: AgentReport['status']): TaskStatus =>
  reported !== undefined && taskOrder[reported] > taskOrder[known] ? reported : known;

const mergeContainers = (
  task: TaskRecord,
  report: AgentReport,
  lastStatus: TaskStatus,
): readonly TaskContainerRecord[] =>
  task.containers.map((container) => {
    const news = report.containers.filter((each) => each.name === container.name);
    const merged = news.reduce((known, each) => mergeContainer(known, each, task), container);
    return lastStatus === 'STOPPED' && merged.lastStatus !== 'STOPPED' ? { ...merged, lastStatus } : merged;
  });

const mergeContainer = (known: TaskContainerRecord, news: ContainerReport, task: TaskRecord): TaskContainerRecord => {
  const isOld = containerOrder.indexOf(news.status) < containerOrder.indexOf(known.lastStatus);
  const pick = <T>(before: T | undefined, after: T | undefined): T | undefined =>
    isOld ? (before ?? after) : (after ?? before);
  const networkBindings = pick(known.networkBindings, said(news.networkBindings));
  return {
    ...known,
    lastStatus: isOld ? known.lastStatus : news.status,
    exitCode: pick(known.exitCode, news.exitCode),
    reason: pick(known.reason, said(news.reason)),
    runtimeId: pick(known.runtimeId, said(news.runtimeId)),
    imageDigest: pick(known.imageDigest, said(news.imageDigest)),
    managedAgents: pick(known.managedAgents, said(news.managedAgents)),
    ...(task.attachments.length > 0
      ? { networkInterfaces: interfacesOf(task, networkBindings, known) }
      : { networkBindings }),
  };
};

/** An awsvpc task's containers share its interface: the address they are bound to is the interface's own. */
const interfacesOf = (
  task: TaskRecord,
  bindings: readonly ecs.NetworkBinding[] | undefined,
  known: TaskContainerRecord,
): readonly ecs.NetworkInterface[] | undefined => {
  const address = bindings?.[0]?.bindIP;
  const attachmentId = task.attachments[0]?.id;
  if (address === undefined || attachmentId === undefined) return known.networkInterfaces;
  return [{ attachmentId, privateIpv4Address: address }];
};

const mergeAttachments = (task: TaskRecord, report: AgentReport, lastStatus: TaskStatus): readonly ecs.Attachment[] =>
  task.attachments.map((attachment) => {
    const reported = report.attachments?.get(attachment.id ?? '') ?? attachment.status;
    const status = lastStatus === 'STOPPED' ? 'DELETED' : lastStatus === 'RUNNING' ? 'ATTACHED' : reported;
    const address = report.containers.flatMap((container) => container.networkBindings ?? [])[0]?.bindIP;
    const details = attachment.details ?? [];
    const isKnown = address === undefined || details.some((detail) => detail.name === 'privateIPv4Address');
    return {
      ...attachment,
      status,
      details: isKnown ? details : [...details, { name: 'privateIPv4Address', value: address }],
    };
  });

/** Records are plain data, small, and built in the same order of members. */
const isSame = (left: TaskRecord, right: TaskRecord): boolean => JSON.stringify(left) === JSON.stringify(right);
