/**
 * The labels on the agent's containers. The `com.amazonaws.ecs.*` ones are ECS's and say what a container is; the
 * `io.oreno.*` ones are the agent's own, so that it knows its containers from another agent's on the same engine
 * and can rebuild a lost state from the engine alone. No secret is in them: no environment, no command.
 */
import type { AcsContainer, AcsTask } from '../protocol/acs-messages.ts';
import type { ContainerState, TaskState } from './task-state.ts';

export const taskArnLabel = 'com.amazonaws.ecs.task-arn';
export const containerNameLabel = 'com.amazonaws.ecs.container-name';
export const familyLabel = 'com.amazonaws.ecs.task-definition-family';
export const versionLabel = 'com.amazonaws.ecs.task-definition-version';
export const clusterLabel = 'com.amazonaws.ecs.cluster';

/** Which agent a container belongs to: an id made from its data folder. */
export const agentLabel = 'io.oreno.agent';
/** Which container instance it was started for. */
export const instanceLabel = 'io.oreno.container-instance';
/** What a new state needs to know of the task and this container, as JSON. */
export const memoryLabel = 'io.oreno.memory';

/** True for the labels that only the agent reads. */
export const isAgentsOwn = (label: string): boolean => label.startsWith('io.oreno.');

/** ECS's labels of one container. */
export const ownLabels = (
  task: Pick<AcsTask, 'arn' | 'family' | 'version'>,
  containerName: string,
  cluster: string,
): Readonly<Record<string, string>> => ({
  [clusterLabel]: cluster,
  [containerNameLabel]: containerName,
  [taskArnLabel]: task.arn,
  [familyLabel]: task.family,
  [versionLabel]: task.version,
});

/** What the memory label holds. */
export interface ContainerMemory {
  readonly type: ContainerState['type'];
  readonly metadataId: string;
  readonly definition: Pick<
    AcsContainer,
    | 'essential'
    | 'containerArn'
    | 'dependsOn'
    | 'links'
    | 'volumesFrom'
    | 'startTimeout'
    | 'stopTimeout'
    | 'healthCheckType'
    | 'portMappings'
    | 'restartPolicy'
    | 'cpu'
    | 'memory'
  >;
  readonly task: {
    readonly networkMode: TaskState['networkMode'];
    readonly volumeNames: TaskState['volumeNames'];
    readonly volumes?: AcsTask['volumes'];
    readonly launchType?: string | undefined;
    readonly serviceName?: string | undefined;
    readonly group?: string | undefined;
    readonly taskClusterArn?: string | undefined;
    readonly receivedAt: number;
  };
}

/** The text of the memory label. */
export function memoryOf(task: TaskState, container: ContainerState): string {
  const {
    essential,
    containerArn,
    dependsOn,
    links,
    volumesFrom,
    startTimeout,
    stopTimeout,
    healthCheckType,
    portMappings,
    restartPolicy,
    cpu,
    memory,
  } = container.definition;
  const { launchType, serviceName, group, taskClusterArn, volumes } = task.payload;
  const { networkMode, volumeNames, receivedAt } = task;
  const remembered: ContainerMemory = {
    type: container.type,
    metadataId: container.metadataId,
    definition: {
      essential,
      containerArn,
      dependsOn,
      links,
      volumesFrom,
      startTimeout,
      stopTimeout,
      healthCheckType,
      portMappings,
      restartPolicy,
      cpu,
      memory,
    },
    task: {
      networkMode,
      volumeNames,
      volumes,
      launchType,
      serviceName,
      group,
      taskClusterArn,
      receivedAt,
    },
  };
  return JSON.stringify(remembered);
}
