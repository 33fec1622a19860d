/**
 * Which resources a call touches, for policies to name.
 * Page: "Actions, resources, and condition keys for Amazon ECS" in the service authorization reference.
 */
import { AwsError } from '@oreno/aws-wire';
import type { ecs } from '@oreno/aws-wire';
import { capacityProviderNameOf } from './domain/capacity-provider/names.ts';
import { DEFAULT_CLUSTER, clusterNameOf, idInCluster } from './domain/cluster-reference.ts';
import {
  capacityProviderArn,
  clusterArn,
  containerInstanceArn,
  everyRevisionArn,
  looksLikeArn,
  taskArn,
  taskDefinitionArn,
} from './domain/ecs-arn.ts';
import { taskDefinitionReference } from './domain/task-definition/reference.ts';
import { namedTaskSetArn, partOfService, serviceArn, serviceNameOf } from './domain/service/arns.ts';
import type { Scope } from './records.ts';

type Resources<Name extends keyof ecs.Operations> = (
  input: ecs.Operations[Name]['input'],
  scope: Scope,
) => readonly string[];

type ResourceTable = { readonly [Name in keyof ecs.Operations]?: Resources<Name> };

const cluster = (
  { cluster: reference }: { readonly cluster?: string | undefined },
  scope: Scope,
): readonly string[] => [clusterArn(scope, clusterNameOf(reference, scope))];

type InCluster = { readonly cluster?: string | undefined };

/**
 * The ARN in the one form that policies name, whichever a request uses: an old short ARN must not get around a policy.
 * One that names nothing here stands for itself, so that what is named beside it is still looked at.
 */
const canonical = (reference: string, arn: () => string): string => {
  try {
    return arn();
  } catch (error) {
    if (error instanceof AwsError && looksLikeArn(reference)) return reference;
    throw error;
  }
};

/** ARNs of container instances or tasks that are named by id or ARN. */
const inCluster =
  (type: 'container-instance' | 'task') =>
  (input: InCluster, references: readonly string[], scope: Scope): readonly string[] => {
    const name = clusterNameOf(input.cluster, scope);
    const arnOf = type === 'task' ? taskArn : containerInstanceArn;
    return references.map((reference) =>
      canonical(reference, () => arnOf(scope, name, idInCluster(reference, type, name, scope))),
    );
  };

const instances = inCluster('container-instance');
const tasks = inCluster('task');

/** A family without a revision stands for all of its revisions. */
const taskDefinition = (text: string, scope: Scope): string => {
  const { family, revision } = taskDefinitionReference(text, scope);
  return revision === undefined ? everyRevisionArn(scope, family) : taskDefinitionArn(scope, family, revision);
};

/** A service by its name or ARN. */
const service = (input: InCluster, reference: string, scope: Scope): string => {
  const name = clusterNameOf(input.cluster, scope);
  return canonical(reference, () => serviceArn(scope, name, serviceNameOf(reference, name, scope)));
};

type OfService = InCluster & { readonly service: string };

/** Task sets of a service, by their ids or ARNs; none stands for all of its sets. */
const taskSets = (input: OfService, references: readonly string[], scope: Scope): readonly string[] => {
  const clusterName = clusterNameOf(input.cluster, scope);
  const key = { ...scope, clusterName, serviceName: serviceNameOf(input.service, clusterName, scope) };
  return (references.length > 0 ? references : ['*']).map((reference) =>
    looksLikeArn(reference) ? reference : namedTaskSetArn(key, reference),
  );
};

/** Service deployments, and the services that they are of. */
const deployments = (arns: readonly string[], scope: Scope): readonly string[] => {
  const services = arns.map((arn) =>
    canonical(arn, () => {
      const { key } = partOfService(arn, 'service-deployment', scope);
      return serviceArn(key, key.clusterName, key.serviceName);
    }),
  );
  return [...new Set([...services, ...arns])];
};

/** Capacity providers by their names or ARNs. */
const providers = (references: readonly string[], scope: Scope): readonly string[] =>
  references.map((reference) => capacityProviderArn(scope, capacityProviderNameOf(reference, scope)));

const tagged = ({ resourceArn }: { readonly resourceArn: string }): readonly string[] => [resourceArn];

/** Operations that are not here are about no resource in particular. */
const TABLE: ResourceTable = {
  ContinueServiceDeployment: ({ serviceDeploymentArn }, scope) => deployments([serviceDeploymentArn], scope),
  CreateCapacityProvider: ({ name }, scope) => providers([name], scope),
  CreateCluster: (input, scope) => [clusterArn(scope, clusterNameOf(input.clusterName, scope))],
  CreateService: (input, scope) => [service(input, input.serviceName, scope)],
  DeleteAttributes: (input, scope) =>
    instances(
      input,
      input.attributes.flatMap(({ targetId }) => targetId ?? []),
      scope,
    ),
  DeleteCapacityProvider: ({ capacityProvider }, scope) => providers([capacityProvider], scope),
  DeleteCluster: cluster,
  CreateTaskSet: (input, scope) => taskSets(input, [], scope),
  DeleteService: (input, scope) => [service(input, input.service, scope)],
  DeleteTaskDefinitions: (input, scope) => input.taskDefinitions.map((text) => taskDefinition(text, scope)),
  DeregisterContainerInstance: cluster,
  DescribeCapacityProviders: (input, scope) => providers(input.capacityProviders ?? [], scope),
  DescribeClusters: (input, scope) =>
    (input.clusters?.length ? input.clusters : [DEFAULT_CLUSTER]).map((reference) =>
      clusterArn(scope, clusterNameOf(reference, scope)),
    ),
  DescribeContainerInstances: (input, scope) => instances(input, input.containerInstances, scope),
  DeleteTaskSet: (input, scope) => taskSets(input, [input.taskSet], scope),
  DescribeTaskSets: (input, scope) => taskSets(input, input.taskSets ?? [], scope),
  DescribeServiceDeployments: (input, scope) => deployments(input.serviceDeploymentArns, scope),
  DescribeServiceRevisions: (input) => input.serviceRevisionArns,
  DescribeServices: (input, scope) => input.services.map((each) => service(input, each, scope)),
  DescribeTasks: (input, scope) => tasks(input, input.tasks, scope),
  GetTaskProtection: (input, scope) =>
    (input.tasks ?? []).length > 0 ? tasks(input, input.tasks ?? [], scope) : cluster(input, scope),
  ListAttributes: cluster,
  ListContainerInstances: cluster,
  ListServiceDeployments: (input, scope) => [service(input, input.service, scope)],
  ListTagsForResource: tagged,
  // The tasks of a cluster are about no resource; those of an instance are about that instance.
  ListTasks: (input, scope) =>
    input.containerInstance === undefined ? [] : instances(input, [input.containerInstance], scope),
  PutAttributes: (input, scope) =>
    instances(
      input,
      input.attributes.flatMap(({ targetId }) => targetId ?? []),
      scope,
    ),
  PutClusterCapacityProviders: cluster,
  RegisterContainerInstance: (input, scope) =>
    cluster({ cluster: input.cluster === '' ? undefined : input.cluster }, scope),
  RegisterTaskDefinition: (input, scope) => [everyRevisionArn(scope, input.family)],
  RunTask: (input, scope) => [taskDefinition(input.taskDefinition, scope)],
  StartTask: (input, scope) => [taskDefinition(input.taskDefinition, scope)],
  StopServiceDeployment: ({ serviceDeploymentArn }, scope) => deployments([serviceDeploymentArn], scope),
  StopTask: (input, scope) => tasks(input, [input.task], scope),
  SubmitAttachmentStateChanges: cluster,
  SubmitContainerStateChange: cluster,
  SubmitTaskStateChange: cluster,
  TagResource: tagged,
  UntagResource: tagged,
  UpdateCapacityProvider: ({ name }, scope) => providers([name], scope),
  UpdateCluster: cluster,
  UpdateClusterSettings: cluster,
  UpdateContainerAgent: (input, scope) => instances(input, [input.containerInstance], scope),
  UpdateService: (input, scope) => [service(input, input.service, scope)],
  UpdateServicePrimaryTaskSet: (input, scope) => [service(input, input.service, scope)],
  UpdateTaskSet: (input, scope) => taskSets(input, [input.taskSet], scope),
  UpdateTaskProtection: (input, scope) => tasks(input, input.tasks, scope),
  UpdateContainerInstancesState: (input, scope) => instances(input, input.containerInstances, scope),
};

const ANYTHING: readonly string[] = ['*'];

/**
 * The ARNs that a call touches. What cannot be read counts as anything: whoever may do less is refused by the
 * policy, and everybody else is told by the operation what is wrong.
 */
export const resourcesOf = (operation: keyof ecs.Operations, input: unknown, scope: Scope): readonly string[] => {
  // The dispatcher decoded the input for this very operation.
  const resources = TABLE[operation] as ((input: unknown, scope: Scope) => readonly string[]) | undefined;
  try {
    const arns = resources?.(input, scope) ?? ANYTHING;
    return arns.length > 0 ? arns : ANYTHING;
  } catch (error) {
    if (error instanceof AwsError) return ANYTHING;
    throw error;
  }
};
