/** Records of a cluster with one instance, as the tests of agent sessions need them. */
import type { ecs } from '@oreno/aws-wire';
import type { ContainerInstanceRecord, TaskDefinitionRecord, TaskRecord } from '../../src/records.ts';

const scope = { account: '111122223333', region: 'us-east-1', clusterName: 'lab' };
const instanceId = 'b'.repeat(32);
const at = 1_795_373_255_869;

export const arn = (resource: string): string => `arn:aws:ecs:${scope.region}:${scope.account}:${resource}`;

export const instanceRecord = (changes: Partial<ContainerInstanceRecord> = {}): ContainerInstanceRecord => ({
  ...scope,
  containerInstanceId: instanceId,
  containerInstanceArn: arn(`container-instance/lab/${instanceId}`),
  registeredAt: at,
  registered: { cpu: 2_048, memory: 8_192, ports: [22], portsUdp: [], gpus: [] },
  attributes: [],
  tags: [],
  origin: 'http://10.0.0.1:4566',
  status: 'ACTIVE',
  agentConnected: false,
  agentConnectedAt: at,
  ...changes,
});

export const definitionRecord = (
  definition: ecs.TaskDefinition,
  { family = 'hello', revision = 1 }: { family?: string; revision?: number } = {},
): TaskDefinitionRecord => ({
  account: scope.account,
  region: scope.region,
  family,
  revision,
  taskDefinitionArn: arn(`task-definition/${family}:${revision}`),
  status: 'ACTIVE',
  definition: { family, revision, ...definition },
  tags: [],
});

/** A placed task of a definition, 32 digits made from `number`. */
export const taskRecord = (
  definition: TaskDefinitionRecord,
  number = 1,
  changes: Partial<TaskRecord> = {},
): TaskRecord => {
  const taskId = number.toString(16).padStart(32, '0');
  return {
    ...scope,
    taskId,
    taskArn: arn(`task/lab/${taskId}`),
    clusterArn: arn('cluster/lab'),
    taskDefinitionArn: definition.taskDefinitionArn,
    family: definition.family,
    revision: definition.revision,
    group: `family:${definition.family}`,
    createdAt: at,
    launchType: 'EC2',
    overrides: {},
    tags: [],
    attributes: [],
    attachments: [],
    enableExecuteCommand: false,
    resources: { cpu: 10, memory: 64, ports: [], portsUdp: [], gpus: 0 },
    credentialsId: `task-${taskId}`,
    executionCredentialsId: `execution-${taskId}`,
    desiredStatus: 'RUNNING',
    containerInstanceId: instanceId,
    containerInstanceArn: arn(`container-instance/lab/${instanceId}`),
    lastStatus: 'PROVISIONING',
    containers: (definition.definition.containerDefinitions ?? []).map((container, index) => ({
      name: container.name ?? '',
      containerArn: arn(`container/lab/${taskId}/${index}`),
      image: container.image ?? '',
      essential: container.essential ?? true,
      cpu: String(container.cpu ?? 0),
      lastStatus: 'PENDING',
      ...(container.healthCheck === undefined ? {} : { healthStatus: 'UNKNOWN' as const }),
    })),
    ...changes,
  };
};
