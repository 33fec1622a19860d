/**
 * A task as ACS carries it: everything that the agent needs to run it, resolved, in the agent's words and units.
 * Pure: the credentials come in, the clock and the network stay out. What cannot be sent is a value with its
 * reason (`undeliverableReason`), never a half-built payload.
 */
import type { ecs } from '@oreno/aws-wire';
import { pinnedImage } from '../../domain/service/image-digests.ts';
import { serviceNameOf } from '../../domain/service/service-task.ts';
import type { ContainerInstanceRecord, TaskDefinitionRecord, TaskRecord } from '../../records.ts';
import type { PayloadTask, RoleCredentials, RoleType } from '../acs/messages.ts';
import { payloadContainer } from './container-payload.ts';
import type { RegistryNames } from './image.ts';
import { effectiveTask, parseMebibytes, parseVirtualCpus } from './overrides.ts';
import { undeliverableReason } from './undeliverable.ts';
import { payloadVolume } from './volumes.ts';

/** What a payload is made of. */
export interface PayloadSource {
  readonly task: TaskRecord;
  readonly definition: TaskDefinitionRecord;
  readonly instance: ContainerInstanceRecord;
  /** Credentials of the roles that `roleNeeds` names. */
  readonly credentials: Partial<Readonly<Record<RoleType, RoleCredentials>>>;
  readonly registries: RegistryNames;
  /** Where dockerd reaches CloudWatch Logs; the instance's own origin when absent. */
  readonly logsOrigin?: string | undefined;
}

export type TaskPayload =
  | { readonly kind: 'deliverable'; readonly task: PayloadTask }
  | { readonly kind: 'undeliverable'; readonly reason: string };

const has = (instance: ContainerInstanceRecord, attribute: string): boolean =>
  instance.attributes.some((candidate) => candidate.name === attribute);

const identity = (task: TaskRecord) => ({
  arn: task.taskArn,
  taskClusterArn: task.clusterArn,
  family: task.family,
  version: String(task.revision),
});

/**
 * The order to stop a task. The containers are named with it so that an agent that never saw the task can
 * report each of them STOPPED.
 */
export const stopPayload = (task: TaskRecord): PayloadTask => ({
  ...identity(task),
  desiredStatus: 'STOPPED',
  containers: task.containers.map(({ name, image, essential, containerArn }) => ({
    name,
    image,
    essential,
    containerArn,
  })),
});

const credentialMembers = (credentials: PayloadSource['credentials']): Partial<PayloadTask> => ({
  ...(credentials.TaskApplication === undefined ? {} : { roleCredentials: credentials.TaskApplication }),
  ...(credentials.TaskExecution === undefined ? {} : { executionRoleCredentials: credentials.TaskExecution }),
});

/**
 * The limits of the task as a whole. What the task's record says is not one of them: it holds the containers' sum
 * where the definition names none, and as a limit that would throttle shares which are only meant as weights.
 */
const resourceMembers = (source: PayloadSource): Partial<PayloadTask> => {
  const { task, definition } = source;
  const cpu = parseVirtualCpus(task.overrides.cpu ?? definition.definition.cpu);
  const memory = parseMebibytes(task.overrides.memory ?? definition.definition.memory);
  return { ...(cpu ? { cpu } : {}), ...(memory ? { memory } : {}) };
};

const proxyMember = (proxy: ecs.ProxyConfiguration | undefined): Partial<PayloadTask> =>
  proxy === undefined
    ? {}
    : {
        proxyConfiguration: {
          type: proxy.type ?? 'APPMESH',
          containerName: proxy.containerName,
          properties: Object.fromEntries((proxy.properties ?? []).map((pair) => [pair.name ?? '', pair.value ?? ''])),
        },
      };

const gpuMember = (task: TaskRecord): Partial<PayloadTask> => {
  const associations = task.containers.flatMap((container) =>
    (container.gpuIds ?? []).map((gpu) => ({
      name: gpu,
      type: 'gpu' as const,
      containers: [container.name],
      content: { encoding: 'identity' as const, value: gpu },
    })),
  );
  return associations.length ? { associations } : {};
};

const serviceMember = (task: TaskRecord): Partial<PayloadTask> => {
  const serviceName = serviceNameOf(task);
  return serviceName === undefined ? {} : { serviceName };
};

const containersOf = (
  source: PayloadSource,
  containers: readonly ecs.ContainerDefinition[],
  executionRole: boolean,
) => {
  const { task, definition, instance } = source;
  const records = new Map(task.containers.map((container) => [container.name, container]));
  return containers.map((container) => {
    const { containerArn, pinnedDigest } = records.get(container.name ?? '') ?? {};
    const image = pinnedImage(container.image ?? '', pinnedDigest);
    return payloadContainer(
      { ...container, image },
      {
        containerArn,
        networkMode: definition.definition.networkMode ?? 'bridge',
        registries: source.registries,
        image: {
          account: task.account,
          region: task.region,
          origin: instance.origin,
          useExecutionRole: executionRole && source.credentials.TaskExecution !== undefined,
        },
        log: {
          taskId: task.taskId,
          region: task.region,
          logsOrigin: source.logsOrigin ?? instance.origin,
          executionCredentialsId: task.executionCredentialsId,
          agentGivesCredentials: executionRole && has(instance, 'ecs.capability.execution-role-awslogs'),
        },
        takesRestartPolicy: has(instance, 'ecs.capability.container-restart-policy'),
      },
    );
  });
};

/** The payload that starts a task, or the reason why no agent can be asked to. */
export const runPayload = (source: PayloadSource): TaskPayload => {
  const { task, definition: record } = source;
  const definition = record.definition;
  const { containers, executionRoleArn } = effectiveTask(definition, task.overrides);
  const reason = undeliverableReason(containers, definition.volumes ?? []);
  if (reason !== undefined) return { kind: 'undeliverable', reason };
  return {
    kind: 'deliverable',
    task: {
      ...identity(task),
      desiredStatus: 'RUNNING',
      launchType: task.launchType ?? 'EC2',
      group: task.group,
      networkMode: definition.networkMode ?? 'bridge',
      ...serviceMember(task),
      ...resourceMembers(source),
      ...(definition.pidMode === undefined ? {} : { pidMode: definition.pidMode }),
      ...(definition.ipcMode === undefined ? {} : { ipcMode: definition.ipcMode }),
      ...proxyMember(definition.proxyConfiguration),
      ...gpuMember(task),
      ...(definition.enableFaultInjection === undefined
        ? {}
        : { enableFaultInjection: definition.enableFaultInjection }),
      volumes: (definition.volumes ?? []).map(payloadVolume),
      containers: containersOf(source, containers, executionRoleArn !== undefined),
      ...credentialMembers(source.credentials),
      overrides: '{}',
    },
  };
};
