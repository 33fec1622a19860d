/**
 * Makes the revision that RegisterTaskDefinition answers: what was registered, with exactly the defaults that
 * ECS fills in and nothing else. Deployment tools compare the two, so nothing is invented and nothing is emptied.
 */
import type { ecs } from '@oreno/aws-wire';
import type { Scope, TaskDefinitionRecord } from '../../records.ts';
import { taskDefinitionArn } from '../ecs-arn.ts';
import type { Container, Registration } from './check.ts';
import { compatibilitiesOf } from './compatibilities.ts';
import { requiredAttributes } from './required-attributes.ts';
import { roleArn } from './roles.ts';
import { parseTaskCpu, parseTaskMemory } from './task-size.ts';

const portMapping = (mapping: ecs.PortMapping, networkMode: ecs.NetworkMode | undefined): ecs.PortMapping => {
  const protocol = mapping.protocol ?? 'tcp';
  if (mapping.containerPortRange !== undefined) return { ...mapping, protocol };
  const sameAsContainer = networkMode === 'awsvpc' || networkMode === 'host';
  const asked = mapping.hostPort ?? 0;
  return { ...mapping, hostPort: asked === 0 && sameAsContainer ? mapping.containerPort : asked, protocol };
};

const healthCheck = (check: ecs.HealthCheck): ecs.HealthCheck => ({
  ...check,
  interval: check.interval ?? 30,
  timeout: check.timeout ?? 5,
  retries: check.retries ?? 3,
});

const containerDefinition = (container: Container, networkMode: ecs.NetworkMode | undefined): Container => ({
  ...container,
  cpu: container.cpu ?? 0,
  portMappings: (container.portMappings ?? []).map((mapping) => portMapping(mapping, networkMode)),
  essential: container.essential ?? true,
  environment: container.environment ?? [],
  mountPoints: container.mountPoints ?? [],
  volumesFrom: container.volumesFrom ?? [],
  systemControls: container.systemControls ?? [],
  ...(container.healthCheck === undefined ? {} : { healthCheck: healthCheck(container.healthCheck) }),
});

/** ECS gives a volume without any configuration an empty host, a Docker volume its scope and driver, EFS its root. */
const volume = (wanted: ecs.Volume): ecs.Volume => {
  const { dockerVolumeConfiguration: docker, efsVolumeConfiguration: efs } = wanted;
  if (efs !== undefined) {
    return { ...wanted, efsVolumeConfiguration: { ...efs, rootDirectory: efs.rootDirectory || '/' } };
  }
  if (docker !== undefined) {
    return {
      ...wanted,
      dockerVolumeConfiguration: { ...docker, scope: docker.scope ?? 'task', driver: docker.driver ?? 'local' },
    };
  }
  const hasKind = Object.entries(wanted).some(([member, value]) => member !== 'name' && value !== undefined);
  return hasKind ? wanted : { ...wanted, host: {} };
};

const withoutUndefined = <T extends object>(value: T): T =>
  // The members keep their types; only absent ones that were spelled out go.
  Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;

const isEmpty = (value: object | undefined): boolean =>
  Object.values(value ?? {}).every((member) => member === undefined);

/** Who registered a revision, when, and under which number. Times are milliseconds since the epoch. */
export interface Revision {
  readonly revision: number;
  readonly registeredAt: number;
  readonly registeredBy: string;
}

/** The record of a request that keeps the rules of `validateRegistration`. */
export const newTaskDefinition = (
  { account, region }: Scope,
  request: Registration,
  { revision, registeredAt, registeredBy }: Revision,
): TaskDefinitionRecord => {
  const { tags = [], containerDefinitions, volumes = [], placementConstraints = [], cpu, memory, ...given } = request;
  const taskDefinition = taskDefinitionArn({ account, region }, request.family, revision);
  const registered: ecs.TaskDefinition = {
    ...given,
    ...(given.taskRoleArn === undefined ? {} : { taskRoleArn: roleArn(account, given.taskRoleArn) }),
    ...(given.executionRoleArn === undefined ? {} : { executionRoleArn: roleArn(account, given.executionRoleArn) }),
    containerDefinitions: containerDefinitions.map((container) => containerDefinition(container, request.networkMode)),
    volumes: volumes.map(volume),
    placementConstraints,
    ...(cpu === undefined ? {} : { cpu: String(parseTaskCpu(cpu) ?? cpu) }),
    ...(memory === undefined ? {} : { memory: String(parseTaskMemory(memory) ?? memory) }),
  };
  const requiresAttributes = requiredAttributes(registered);
  return {
    account,
    region,
    family: request.family,
    revision,
    taskDefinitionArn: taskDefinition,
    status: 'ACTIVE',
    definition: withoutUndefined<ecs.TaskDefinition>({
      ...registered,
      taskDefinitionArn: taskDefinition,
      revision,
      status: 'ACTIVE',
      requiresAttributes: requiresAttributes.length > 0 ? requiresAttributes : undefined,
      compatibilities: compatibilitiesOf(request),
      runtimePlatform: isEmpty(given.runtimePlatform) ? undefined : given.runtimePlatform,
      requiresCompatibilities:
        (request.requiresCompatibilities ?? []).length > 0 ? request.requiresCompatibilities : undefined,
      registeredAt,
      registeredBy,
    }),
    tags,
  };
};
