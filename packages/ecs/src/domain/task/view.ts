/** A task as RunTask, StopTask and DescribeTasks show it (Task and Container in the API reference). */
import type { ecs } from '@oreno/aws-wire';
import type { TaskContainerRecord, TaskRecord } from '../../records.ts';
import { concreteVersion } from './launch-type.ts';

const containerView = (container: TaskContainerRecord, taskArn: string): ecs.Container => ({
  containerArn: container.containerArn,
  taskArn,
  name: container.name,
  image: container.image,
  imageDigest: container.imageDigest,
  runtimeId: container.runtimeId,
  lastStatus: container.lastStatus,
  exitCode: container.exitCode,
  reason: container.reason,
  networkBindings: container.networkBindings ?? [],
  networkInterfaces: container.networkInterfaces ?? [],
  healthStatus: container.healthStatus ?? 'UNKNOWN',
  managedAgents: container.managedAgents,
  cpu: container.cpu,
  memory: container.memory,
  memoryReservation: container.memoryReservation,
  gpuIds: container.gpuIds,
});

const overridesView = (overrides: ecs.TaskOverride): ecs.TaskOverride => ({
  ...overrides,
  containerOverrides: overrides.containerOverrides ?? [],
  inferenceAcceleratorOverrides: overrides.inferenceAcceleratorOverrides ?? [],
});

/** The API's shape; tags only where they were asked for. `version` grows with every change of the record. */
export const taskView = (task: TaskRecord, version: number, withTags: boolean): ecs.Task => ({
  attachments: task.attachments,
  attributes: task.attributes,
  availabilityZone: task.availabilityZone,
  capacityProviderName: task.capacityProviderName,
  clusterArn: task.clusterArn,
  connectivity: task.connectivity,
  connectivityAt: task.connectivityAt,
  containerInstanceArn: task.containerInstanceArn,
  containers: task.containers.map((container) => containerView(container, task.taskArn)),
  cpu: task.cpu,
  createdAt: task.createdAt,
  desiredStatus: task.desiredStatus,
  enableExecuteCommand: task.enableExecuteCommand,
  executionStoppedAt: task.executionStoppedAt,
  group: task.group,
  healthStatus: task.healthStatus ?? 'UNKNOWN',
  lastStatus: task.lastStatus,
  launchType: task.launchType,
  memory: task.memory,
  overrides: overridesView(task.overrides),
  ephemeralStorage: task.ephemeralStorage,
  ...(task.launchType === 'FARGATE' ? { platformVersion: concreteVersion(task), platformFamily: 'Linux' } : {}),
  pullStartedAt: task.pullStartedAt,
  pullStoppedAt: task.pullStoppedAt,
  startedAt: task.startedAt,
  startedBy: task.startedBy,
  stopCode: task.stopCode,
  stoppedAt: task.stoppedAt,
  stoppedReason: task.stoppedReason,
  stoppingAt: task.stoppingAt,
  tags: withTags ? task.tags : [],
  taskArn: task.taskArn,
  taskDefinitionArn: task.taskDefinitionArn,
  version,
});
