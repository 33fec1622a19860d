import { createHash } from 'node:crypto';
import { AwsError } from '@oreno/aws-wire';
import type { Handler, ecs } from '@oreno/aws-wire';
import type { ReadTransaction, Row } from '@oreno/store';
import type { EcsContext } from '../context.ts';
import { invalidParameter } from '../domain/errors.ts';
import { launchTags, validateFargateSize, validateLaunch, validateLaunchOf } from '../domain/task/launch.ts';
import { boundTo, capacityOf, shareTasks } from '../domain/task/launch-type.ts';
import { defaultGroup } from '../domain/task/new-task.ts';
import { fargateStrategy, placementConstraints, placementStrategy } from '../domain/task/placement-rules.ts';
import { taskIdFrom } from '../domain/task/task-id.ts';
import { taskResources } from '../domain/task/resources.ts';
import { taskView } from '../domain/task/view.ts';
import { scalingProviders } from '../queries/capacity-providers.ts';
import { requireCluster } from '../queries/clusters.ts';
import { findTask } from '../queries/tasks.ts';
import { idempotency } from '../records.ts';
import type { IdempotencyRecord, TaskRecord } from '../records.ts';
import { passRoles } from './pass-roles.ts';
import { freshRows, launchTasks, requireTaskDefinition, type LaunchShare } from './launch-tasks.ts';

const mostTasks = 10;
const tokenGrammar = /^[\x21-\x7e]{1,64}$/;
const tokenLifetime = 24 * 60 * 60 * 1000;

/**
 * Places and starts tasks: those that find room are started, and for the others the refusals of the container
 * instances are failures. With a client token the same request starts them once.
 */
export const RunTask: Handler<ecs.Operations, 'RunTask', EcsContext> = async (input, context) => {
  const count = input.count ?? 1;
  if (count < 1 || count > mostTasks) throw invalidParameter(`Count should be between 1 and ${mostTasks}.`);
  if (input.clientToken !== undefined && !tokenGrammar.test(input.clientToken)) {
    throw invalidParameter('clientToken can have up to 64 characters in the range of 33-126, inclusive.');
  }
  validateLaunch(input);
  const found = await context.store.read(async (transaction) => {
    const { record: cluster } = await requireCluster(transaction, context, input.cluster);
    const repeated = await readRepeated(transaction, input, context);
    if (repeated !== undefined) return { repeated };
    const definition = await requireTaskDefinition(transaction, context, input.taskDefinition);
    return { cluster, definition, scaling: await scalingProviders(transaction, cluster) };
  });
  if (found.repeated !== undefined) return answer(found.repeated, []);
  const { cluster, definition, scaling } = found;
  validateLaunchOf(input, definition);
  const choice = capacityOf(input, cluster, definition.definition);
  await passRoles(context, definition.definition, input.overrides);
  validateFargateSize(choice.launchType, input.overrides, definition.definition);
  const overrides = input.overrides ?? {};
  const template = {
    cluster,
    definition,
    overrides,
    resources: taskResources(definition.definition, overrides),
    group: input.group ?? defaultGroup(definition.family),
    startedBy: input.startedBy,
    tags: launchTags(input, definition, cluster.clusterName),
    network: input.networkConfiguration?.awsvpcConfiguration,
    now: context.now(),
    newId: context.newId,
  };
  const rules = {
    account: context.account,
    region: context.region,
    clusterName: cluster.clusterName,
    resources: template.resources,
    group: template.group,
    requiresAttributes: definition.definition.requiresAttributes ?? [],
    constraints: placementConstraints(input.placementConstraints, definition.definition),
    strategy: choice.launchType === 'FARGATE' ? fargateStrategy : placementStrategy(input.placementStrategy),
  };
  const shares = shareTasks(choice, [], count).map((share): LaunchShare => {
    const { capacity } = share;
    const taskIds = Array.from({ length: share.count }, () => taskIdFrom(template.now, context.newId()));
    const request = { ...rules, taskIds, capacityProvider: boundTo(capacity) };
    return {
      template: { ...template, capacity },
      request,
      mayWait: scaling.has(capacity.capacityProviderName ?? '') ? count : 0,
    };
  });
  const launched = await launchTasks(context, cluster, shares, async (transaction, taskIds) => {
    if (input.clientToken === undefined) return;
    const record = idempotencyRecord(input, input.clientToken, context, cluster.clusterName, taskIds);
    // Rows whose time is over are as good as absent, until they are reaped.
    const known = await transaction.get(idempotency, record);
    if (known !== undefined && known.record.expiresAt > context.now()) throw conflict(known.record);
    await transaction.put(idempotency, record);
  });
  const { tasks, failures, hasInstances } = launched;
  const place = shares.some(({ request }) => request.capacityProvider !== undefined) ? 'capacity provider' : 'cluster';
  if (hasInstances || tasks.length > 0)
    return answer(freshRows(tasks), hasInstances ? failures : [...failures, noInstances]);
  throw invalidParameter(`No Container Instances were found in your ${place}.`);
};

/** Of several capacity providers one had no instance to ask. */
const noInstances: ecs.Failure = {
  reason: 'RESOURCE',
  detail: 'No Container Instances were found in your capacity provider.',
};

const answer = (rows: readonly Row<TaskRecord>[], failures: readonly ecs.Failure[]): ecs.RunTaskResponse => ({
  tasks: rows.map(({ record, version }) => taskView(record, version, true)),
  failures,
});

/** The hash of a request without its token: members in one order, whatever order they came in. */
const hashOf = ({ clientToken: _token, ...request }: ecs.RunTaskRequest): string => {
  const ordered = (_key: string, value: unknown): unknown =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1)))
      : value;
  return createHash('sha256').update(JSON.stringify(request, ordered)).digest('hex');
};

const idempotencyRecord = (
  input: ecs.RunTaskRequest,
  clientToken: string,
  { account, region, now }: EcsContext,
  clusterName: string,
  taskIds: readonly string[],
): IdempotencyRecord => ({
  account,
  region,
  operation: 'RunTask',
  clientToken,
  requestHash: hashOf(input),
  taskIds,
  clusterName,
  expiresAt: now() + tokenLifetime,
});

const conflict = ({ taskIds }: IdempotencyRecord): AwsError =>
  new AwsError(
    'ConflictException',
    'The clientToken was used with other parameters, or is in use by another request.',
    {
      resourceIds: taskIds,
    },
  );

/** What the same request started before; undefined for a new one. Throws ConflictException for another with its token. */
const readRepeated = async (
  transaction: ReadTransaction,
  input: ecs.RunTaskRequest,
  { account, region, now }: EcsContext,
): Promise<readonly Row<TaskRecord>[] | undefined> => {
  const { clientToken } = input;
  if (clientToken === undefined) return undefined;
  const row = await transaction.get(idempotency, { account, region, operation: 'RunTask', clientToken });
  if (row === undefined || row.record.expiresAt <= now()) return undefined;
  if (row.record.requestHash !== hashOf(input)) throw conflict(row.record);
  const rows: Row<TaskRecord>[] = [];
  for (const taskId of row.record.taskIds) {
    const task = await findTask(transaction, row.record, taskId);
    if (task !== undefined) rows.push(task);
  }
  return rows;
};
