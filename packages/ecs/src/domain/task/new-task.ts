/** Makes the records of new tasks, as RunTask, StartTask and services write them, and puts them on their instances. */
import { formatArn, type ecs } from '@oreno/aws-wire';
import type {
  ClusterRecord,
  TaskContainerRecord,
  TaskDefinitionRecord,
  TaskRecord,
  TaskResources,
} from '../../records.ts';
import { taskArn } from '../ecs-arn.ts';
import type { PlacedTask } from '../placement/placement.ts';
import type { Capacity } from './launch-type.ts';
import { effectiveContainers, gpusOf } from './resources.ts';

/** What all tasks of one request have in common. */
export interface TaskTemplate {
  readonly cluster: ClusterRecord;
  readonly definition: TaskDefinitionRecord;
  readonly capacity: Capacity;
  readonly overrides: ecs.TaskOverride;
  readonly resources: TaskResources;
  readonly group: string;
  readonly startedBy?: string | undefined;
  readonly tags: readonly ecs.Tag[];
  readonly network?: ecs.AwsVpcConfiguration | undefined;
  /** By container name: the digests that its service's revision settled on. */
  readonly imageDigests?: Readonly<Record<string, string>> | undefined;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Makes identifiers of 32 hexadecimal digits. */
  readonly newId: () => string;
}

/** The ECS default for a task's group: the family it is of. */
export const defaultGroup = (family: string): string => `family:${family}`;

/** The record of one task on its instance. One with a network of its own starts by getting its interface. */
export const newTask = (template: TaskTemplate, placed: PlacedTask): TaskRecord =>
  onInstance(newWaitingTask(template, placed.taskId), placed, gpuNeeds(template), template.now);

/** The record of a task that no instance has room for yet. */
export const newWaitingTask = (template: TaskTemplate, taskId: string): TaskRecord => {
  const { cluster, definition, capacity, overrides, resources, now, newId } = template;
  const { account, region, clusterName, clusterArn } = cluster;
  const hasOwnNetwork = definition.definition.networkMode === 'awsvpc';
  return {
    account,
    region,
    clusterName,
    taskId,
    taskArn: taskArn(cluster, clusterName, taskId),
    clusterArn,
    taskDefinitionArn: definition.taskDefinitionArn,
    family: definition.family,
    revision: definition.revision,
    group: template.group,
    ...(template.startedBy === undefined ? {} : { startedBy: template.startedBy }),
    createdAt: now,
    launchType: capacity.launchType,
    ...(capacity.capacityProviderName === undefined ? {} : { capacityProviderName: capacity.capacityProviderName }),
    ...(capacity.platformVersion === undefined ? {} : { platformVersion: capacity.platformVersion }),
    ...ephemeralStorageOf(template),
    cpu: String(resources.cpu),
    memory: String(resources.memory),
    overrides,
    tags: template.tags,
    attributes: [],
    attachments: hasOwnNetwork ? [newAttachment(template.network, newId)] : [],
    enableExecuteCommand: false,
    resources,
    credentialsId: uuid(newId()),
    executionCredentialsId: uuid(newId()),
    desiredStatus: 'RUNNING',
    lastStatus: 'PROVISIONING',
    containers: newContainers(template, taskId),
  };
};

/** GiB that Fargate gives a task that asks for nothing ("Fargate task ephemeral storage"). */
const usualStorage = 20;

/** Told from platform version 1.4.0 on. Nothing holds a task to it here: its containers share the machine's disk. */
const ephemeralStorageOf = ({
  capacity,
  overrides,
  definition: { definition },
}: TaskTemplate): Pick<TaskRecord, 'ephemeralStorage'> =>
  capacity.launchType === 'FARGATE' && capacity.platformVersion !== '1.3.0'
    ? { ephemeralStorage: overrides.ephemeralStorage ?? definition.ephemeralStorage ?? { sizeInGiB: usualStorage } }
    : {};

/** How many GPUs each container of a task wants, by its name. */
export const gpuNeeds = ({
  definition,
  overrides,
}: Pick<TaskTemplate, 'definition' | 'overrides'>): ReadonlyMap<string, number> =>
  new Map(effectiveContainers(definition.definition, overrides).map((each) => [each.name ?? '', gpusOf(each)]));

/** A waiting task with the place that was found for it. `now` is in milliseconds since the epoch. */
export const onInstance = (
  task: TaskRecord,
  placed: PlacedTask,
  needs: ReadonlyMap<string, number>,
  now: number,
): TaskRecord => {
  let gpus = placed.gpuIds;
  const containers = task.containers.map((container) => {
    const wanted = needs.get(container.name) ?? 0;
    const gpuIds = gpus.slice(0, wanted);
    gpus = gpus.slice(wanted);
    return gpuIds.length > 0 ? { ...container, gpuIds } : container;
  });
  return {
    ...task,
    containerInstanceId: placed.containerInstanceId,
    containerInstanceArn: placed.containerInstanceArn,
    ...(placed.availabilityZone === undefined ? {} : { availabilityZone: placed.availabilityZone }),
    attributes:
      placed.cpuArchitecture === undefined ? [] : [{ name: 'ecs.cpu-architecture', value: placed.cpuArchitecture }],
    lastStatus: task.attachments.length > 0 ? 'PROVISIONING' : 'PENDING',
    containers,
    connectivity: 'CONNECTED',
    connectivityAt: now,
  };
};

const containerArn = ({ account, region, clusterName }: ClusterRecord, taskId: string, id: string): string =>
  formatArn({ service: 'ecs', region, account, resource: `container/${clusterName}/${taskId}/${id}` });

const newContainers = (
  { cluster, definition, overrides, imageDigests = {}, newId }: TaskTemplate,
  taskId: string,
): readonly TaskContainerRecord[] =>
  effectiveContainers(definition.definition, overrides).map((container) => ({
    name: container.name ?? '',
    containerArn: containerArn(cluster, taskId, uuid(newId())),
    image: container.image ?? '',
    essential: container.essential ?? true,
    cpu: String(container.cpu ?? 0),
    ...(container.memory === undefined ? {} : { memory: String(container.memory) }),
    ...(container.memoryReservation === undefined ? {} : { memoryReservation: String(container.memoryReservation) }),
    ...pinOf(imageDigests[container.name ?? '']),
    ...(container.healthCheck === undefined ? {} : { healthStatus: 'UNKNOWN' as const }),
    lastStatus: 'PENDING',
  }));

const pinOf = (pinnedDigest: string | undefined): Pick<TaskContainerRecord, 'pinnedDigest'> =>
  pinnedDigest === undefined ? {} : { pinnedDigest };

/** The attachment of an interface that the agent makes; its address comes with the agent's report. */
const newAttachment = (network: ecs.AwsVpcConfiguration | undefined, newId: () => string): ecs.Attachment => {
  const id = newId();
  // A locally administered, unicast address: nobody else's.
  const macAddress = ['02', ...(id.slice(0, 10).match(/../g) ?? [])].join(':');
  return {
    id: uuid(newId()),
    type: 'ElasticNetworkInterface',
    status: 'PRECREATED',
    details: [
      { name: 'subnetId', value: network?.subnets[0] ?? '' },
      { name: 'networkInterfaceId', value: `eni-0${id.slice(0, 16)}` },
      { name: 'macAddress', value: macAddress },
    ],
  };
};

const uuid = (id: string): string => id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
