/**
 * Takes what an agent submits about a task. Errors but InvalidParameterException make agents send the same again
 * for ever, so a task that is not known is acknowledged, and what cannot be read is an InvalidParameterException.
 */
import { AwsError } from '@oreno/aws-wire';
import type { ecs } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';
import { clusterNameOf } from '../domain/cluster-reference.ts';
import { looksLikeArn, parseEcsArn } from '../domain/ecs-arn.ts';
import { invalidParameter } from '../domain/errors.ts';
import type { AgentReport, ContainerReport } from '../domain/task/agent-report.ts';
import { advance } from '../domain/task/lifecycle.ts';
import { findTask } from '../queries/tasks.ts';
import { tasks } from '../records.ts';
import { keepImageDigests } from './keep-image-digests.ts';

const statuses = ['PENDING', 'RUNNING', 'STOPPED'] as const;

export const submittedStatus = (text: string | undefined): (typeof statuses)[number] | undefined =>
  statuses.find((status) => status === text);

/** A container's change; undefined for one without a name. Statuses on the way to RUNNING count as PENDING. */
export const containerReport = (change: ecs.ContainerStateChange): ContainerReport | undefined => {
  const { containerName: name, status, exitCode, reason, runtimeId, imageDigest, networkBindings } = change;
  if (name === undefined) return undefined;
  return {
    name,
    status: submittedStatus(status) ?? 'PENDING',
    exitCode,
    reason,
    runtimeId,
    imageDigest,
    networkBindings,
  };
};

/** The cluster and id of the task: its ARN says both, an id needs the cluster. */
const taskKey = (reference: string, cluster: string | undefined, context: EcsContext) => {
  const { account, region } = context;
  const segments = looksLikeArn(reference) ? parseEcsArn(reference, context).segments : [reference];
  const [first = '', second] = segments;
  return second === undefined
    ? { key: { account, region, clusterName: clusterNameOf(cluster || undefined, context) }, taskId: first }
    : { key: { account, region, clusterName: first }, taskId: second };
};

/** Joins a report into its task, in one transaction. */
export const submitReport = async (
  context: EcsContext,
  { task, cluster }: { readonly task?: string | undefined; readonly cluster?: string | undefined },
  report: AgentReport,
): Promise<{ readonly acknowledgment: string }> => {
  if (task === undefined || task === '') throw invalidParameter('Task cannot be empty.');
  const { key, taskId } = readable(() => taskKey(task, cluster, context));
  await context.store.update(async (transaction) => {
    const row = await findTask(transaction, key, taskId);
    if (row === undefined) return;
    const moved = advance(row.record, { kind: 'reported', report, at: context.now() });
    if (moved.kind !== 'moved') return;
    await transaction.put(tasks, moved.task);
    await keepImageDigests(transaction, row.record, moved.task);
  });
  return { acknowledgment: context.requestId };
};

const readable = <T>(read: () => T): T => {
  try {
    return read();
  } catch (error) {
    if (error instanceof AwsError) throw invalidParameter(error.message);
    throw error;
  }
};
