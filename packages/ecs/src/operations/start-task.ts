import type { Handler, ecs } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';
import { idInCluster } from '../domain/cluster-reference.ts';
import { containerInstanceArn } from '../domain/ecs-arn.ts';
import { invalidParameter } from '../domain/errors.ts';
import { launchTags, validateLaunch, validateLaunchOf } from '../domain/task/launch.ts';
import { defaultGroup } from '../domain/task/new-task.ts';
import { placementConstraints } from '../domain/task/placement-rules.ts';
import { taskIdFrom } from '../domain/task/task-id.ts';
import { taskResources } from '../domain/task/resources.ts';
import { taskView } from '../domain/task/view.ts';
import { requireCluster } from '../queries/clusters.ts';
import { launchTasks, requireTaskDefinition } from './launch-tasks.ts';
import { passRoles } from './pass-roles.ts';

const mostInstances = 10;

/** Starts one task on each container instance named; an instance that cannot take it is a failure with the reason. */
export const StartTask: Handler<ecs.Operations, 'StartTask', EcsContext> = async (input, context) => {
  const references = input.containerInstances;
  if (references.length === 0) throw invalidParameter('Container instances cannot be empty.');
  if (references.length > mostInstances) throw invalidParameter('Container instances can have at most 10 items.');
  validateLaunch(input);
  const { account, region } = context;
  const { cluster, definition } = await context.store.read(async (transaction) => ({
    cluster: (await requireCluster(transaction, context, input.cluster)).record,
    definition: await requireTaskDefinition(transaction, context, input.taskDefinition),
  }));
  validateLaunchOf(input, definition);
  await passRoles(context, definition.definition, input.overrides);
  const { clusterName } = cluster;
  const overrides = input.overrides ?? {};
  const template = {
    cluster,
    definition,
    capacity: { launchType: 'EC2' as const },
    overrides,
    resources: taskResources(definition.definition, overrides),
    group: input.group ?? defaultGroup(definition.family),
    startedBy: input.startedBy,
    tags: launchTags(input, definition, clusterName),
    network: input.networkConfiguration?.awsvpcConfiguration,
    now: context.now(),
    newId: context.newId,
  };
  const targets = references.map((reference) => {
    const containerInstanceId = idInCluster(reference, 'container-instance', clusterName, { account, region });
    return {
      containerInstanceId,
      containerInstanceArn: containerInstanceArn(context, clusterName, containerInstanceId),
    };
  });
  const placementRequest = {
    account,
    region,
    clusterName,
    taskIds: targets.map(() => taskIdFrom(template.now, context.newId())),
    resources: template.resources,
    group: template.group,
    requiresAttributes: definition.definition.requiresAttributes ?? [],
    constraints: placementConstraints(undefined, definition.definition),
    strategy: [],
    targets,
  };
  const share = { template, request: placementRequest, mayWait: 0 };
  const { tasks, failures } = await launchTasks(context, cluster, [share], async () => undefined);
  return { tasks: tasks.map((record) => taskView(record, 1, true)), failures };
};
