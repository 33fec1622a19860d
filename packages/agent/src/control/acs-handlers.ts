/**
 * What the agent does with each message of ACS. A payload is acknowledged once it is on disk, not before; the tasks
 * in it start at once. A task that cannot be understood is reported STOPPED and leaves its payload unacknowledged.
 */
import { acceptTask, UnrecognizedTask } from '../domain/accept-task.ts';
import type { Makings } from '../domain/accept-task.ts';
import { completeAdopted } from '../domain/adopt-task.ts';
import type { AgentState } from '../domain/agent-state.ts';
import type { Log } from '../domain/agent-runtime.ts';
import { deriveTask } from '../domain/derive-task.ts';
import type { TaskState } from '../domain/task-state.ts';
import type { TaskDriver } from '../lifecycle/task-driver.ts';
import type {
  AcsRoleCredentials,
  AcsTask,
  BackendMessages,
  Envelope,
  PayloadMessage,
  RoleCredentialsMessage,
} from '../protocol/acs-messages.ts';
import type { AcsSend } from './acs-connection.ts';
import { createManifestDesk } from './task-manifest.ts';
import type { ManifestDesk } from './task-manifest.ts';

export interface AcsHandlerOptions {
  readonly state: AgentState;
  readonly driver: TaskDriver;
  readonly makings: () => Makings;
  /** Resolves once everything put into the state so far is on disk. */
  readonly durable: () => Promise<void>;
  readonly manifestTimeline: number;
  readonly onManifest: (timeline: number) => void;
  readonly log: Log;
}

interface Desk extends AcsHandlerOptions {
  readonly manifests: ManifestDesk;
}

type Handler<Type extends keyof BackendMessages> = (desk: Desk, message: BackendMessages[Type], send: AcsSend) => void;

const handlers: { readonly [Type in keyof BackendMessages]: Handler<Type> } = {
  PayloadMessage: (desk, message, send) => void takePayload(desk, message, send),
  HeartbeatMessage: (_desk, { messageId }, send) => send('HeartbeatAckRequest', { messageId }),
  IAMRoleCredentialsMessage: takeCredentials,
  TaskManifestMessage: (desk, message, send) => void takeManifest(desk, message, send),
  TaskStopVerificationAck: (desk, message) => desk.manifests.confirm(message),
  AttachTaskNetworkInterfacesMessage: acknowledge,
  ConfirmAttachmentMessage: acknowledge,
  StageUpdateMessage: refuseUpdate,
  PerformUpdateMessage: refuseUpdate,
};

/** The function that takes each envelope; it answers whether the agent knows such a message. */
export function createAcsHandlers(options: AcsHandlerOptions): (envelope: Envelope, send: AcsSend) => boolean {
  const desk: Desk = { ...options, manifests: createManifestDesk(options) };
  return ({ type, message }, send) => {
    if (!Object.hasOwn(handlers, type)) return false;
    const handler = handlers[type as keyof BackendMessages] as (desk: Desk, message: unknown, send: AcsSend) => void;
    try {
      handler(desk, message, send);
    } catch (error) {
      options.log('error', 'cannot use a message of the control plane', { type, error: String(error) });
    }
    return true;
  };
}

function acknowledge(desk: Desk, message: { messageId: string; clusterArn?: string | undefined }, send: AcsSend): void {
  const { cluster, containerInstanceArn } = desk.state.identity;
  const acknowledged = { cluster: message.clusterArn ?? cluster, containerInstance: containerInstanceArn };
  send('AckRequest', { ...acknowledged, messageId: message.messageId });
}

function refuseUpdate(desk: Desk, { messageId }: { messageId: string }, send: AcsSend): void {
  const { cluster, containerInstanceArn } = desk.state.identity;
  send('NackRequest', { cluster, containerInstance: containerInstanceArn, messageId, reason: 'Updates are disabled' });
}

async function takePayload(desk: Desk, message: PayloadMessage, send: AcsSend): Promise<void> {
  if (!message.messageId || !Array.isArray(message.tasks)) return;
  // Stops first: what they free, the starts may need.
  const tasks = message.tasks.toSorted((left, right) => rank(left) - rank(right));
  let understood = true;
  for (const task of tasks) understood = takeTask(desk, task, message.messageId, send) && understood;
  if (!understood) return;
  try {
    await desk.durable();
    acknowledge(desk, message, send);
  } catch (error) {
    desk.log('error', 'a payload cannot be written down; it stays unacknowledged', { error: String(error) });
  }
}

const rank = (task: AcsTask): number => (task?.desiredStatus === 'STOPPED' ? 0 : 1);

/** False when the task could not be understood. */
function takeTask(desk: Desk, task: AcsTask, messageId: string, send: AcsSend): boolean {
  if (typeof task?.arn !== 'string' || task.arn === '') return false;
  const known = desk.state.tasks.get(task.arn);
  if (known && task.desiredStatus === 'STOPPED') {
    desk.driver.apply(task.arn, (current, now) => deriveTask({ ...current, desiredStatus: 'STOPPED' }, now));
    return true;
  }
  const makings = desk.makings();
  let accepted: TaskState;
  try {
    accepted = acceptTask(
      { ...task, family: task.family ?? '', version: task.version ?? '', containers: task.containers ?? [] },
      makings,
    );
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (!known) desk.state.putTask(unrecognized(task, message, makings.now));
    desk.log('error', 'a task cannot be understood', { task: task.arn, error: message });
    if (!(error instanceof UnrecognizedTask)) desk.log('debug', 'how it failed', { error: String(error) });
    return false;
  }
  keepCredentials(desk, task, messageId, send);
  if (known?.adopted) desk.state.putTask(deriveTask(completeAdopted(known, accepted), makings.now));
  else if (!known) desk.state.putTask(withoutContainers(accepted));
  desk.driver.wake(task.arn);
  return true;
}

/** A stop of a task that was never here, without its containers: Amazon's agent gives this reason. */
const withoutContainers = (task: TaskState): TaskState =>
  task.containers.length > 0
    ? task
    : { ...task, reason: "TaskStateError: Agent could not progress task's state to stopped" };

/** Kept like any task, so that its end is told until the control plane took it. The typing error is Amazon's. */
function unrecognized(task: AcsTask, message: string, now: number): TaskState {
  const payload = { arn: task.arn, family: '', version: '', desiredStatus: 'STOPPED' as const, containers: [] };
  const reason = `UnrecogniedTaskError: Error loading task - ${message}`;
  return deriveTask(
    {
      arn: task.arn,
      payload,
      family: '',
      version: '',
      networkMode: 'bridge',
      desiredStatus: 'STOPPED',
      knownStatus: 'NONE',
      containers: [],
      volumeNames: {},
      receivedAt: now,
      reason,
    },
    now,
  );
}

function keepCredentials(desk: Desk, task: AcsTask, messageId: string, send: AcsSend): void {
  const issued = [
    ['TaskApplication', task.roleCredentials],
    ['TaskExecution', task.executionRoleCredentials],
  ] as const;
  for (const [roleType, credentials] of issued) {
    if (!credentials?.credentialsId) continue;
    desk.state.putCredentials(credentialsOf(task.arn, roleType, credentials));
    send('IAMRoleCredentialsAckRequest', {
      messageId,
      credentialsId: credentials.credentialsId,
      expiration: credentials.expiration,
    });
  }
}

const credentialsOf = (
  taskArn: string,
  roleType: RoleCredentialsMessage['roleType'],
  { credentialsId, roleArn, accessKeyId, secretAccessKey, sessionToken, expiration }: AcsRoleCredentials,
) => ({
  credentialsId,
  taskArn,
  roleType,
  roleArn: roleArn ?? '',
  accessKeyId,
  secretAccessKey,
  sessionToken: sessionToken ?? '',
  expiration: expiration ?? '',
});

/** New credentials of a task that runs; those of a task that is not here are not acknowledged. */
function takeCredentials(desk: Desk, message: RoleCredentialsMessage, send: AcsSend): void {
  const { messageId, taskArn, roleType, roleCredentials } = message;
  if (!messageId || !roleCredentials?.credentialsId || !desk.state.tasks.has(taskArn)) return;
  const { credentialsId, expiration } = roleCredentials;
  if (roleType === 'TaskApplication' || roleType === 'TaskExecution') {
    desk.state.putCredentials(credentialsOf(taskArn, roleType, roleCredentials));
    const member = roleType === 'TaskApplication' ? 'taskCredentialsId' : 'executionCredentialsId';
    desk.driver.apply(taskArn, (task) =>
      task[member] === credentialsId ? task : { ...task, [member]: credentialsId },
    );
  }
  send('IAMRoleCredentialsAckRequest', { messageId, credentialsId, expiration });
}

async function takeManifest(desk: Desk, message: BackendMessages['TaskManifestMessage'], send: AcsSend): Promise<void> {
  const orphans = desk.manifests.compare(message);
  if (!orphans) return;
  await desk.durable().catch(() => {});
  acknowledge(desk, message, send);
  if (orphans.length > 0)
    send('TaskStopVerificationMessage', { messageId: message.messageId, stopCandidates: orphans });
}
