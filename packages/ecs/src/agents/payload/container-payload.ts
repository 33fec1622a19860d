/**
 * One container of a payload: the container definition, overrides applied, in the agent's words. Pure.
 */
import type { ecs } from '@oreno/aws-wire';
import type { PayloadContainer, PayloadPortMapping } from '../acs/messages.ts';
import { dockerConfig, dockerHostConfig } from './docker-config.ts';
import type { ImagePlace, RegistryNames } from './image.ts';
import { resolveImage } from './image.ts';
import type { LogPlace } from './log-configuration.ts';
import { payloadLogConfiguration } from './log-configuration.ts';

/** What a container's payload depends on besides its definition. */
export interface ContainerPlace {
  readonly containerArn: string | undefined;
  readonly networkMode: ecs.NetworkMode;
  readonly registries: RegistryNames;
  readonly image: ImagePlace;
  readonly log: Omit<LogPlace, 'containerName'>;
  /** The instance's agent knows restart policies; older ones expect another type there. */
  readonly takesRestartPolicy: boolean;
}

const filled = <Name extends string, T>(name: Name, list: readonly T[] | undefined): { [N in Name]?: readonly T[] } =>
  (list?.length ? { [name]: list } : {}) as { [N in Name]?: readonly T[] };

const portMapping = (mapping: ecs.PortMapping): PayloadPortMapping => ({
  ...(mapping.containerPort === undefined ? {} : { containerPort: mapping.containerPort }),
  ...(mapping.hostPort === undefined ? {} : { hostPort: mapping.hostPort }),
  ...(mapping.containerPortRange === undefined ? {} : { containerPortRange: mapping.containerPortRange }),
  protocol: mapping.protocol === 'udp' ? 'udp' : 'tcp',
});

/** Docker refuses published ports where the container has no network of its own to publish. */
const publishes = (networkMode: ecs.NetworkMode): boolean => networkMode === 'bridge' || networkMode === 'host';

const environment = (container: ecs.ContainerDefinition): Readonly<Record<string, string>> => ({
  // The agent leaves this one to the backend (developer guide, "Task metadata and environment variables").
  AWS_EXECUTION_ENV: 'AWS_ECS_EC2',
  ...Object.fromEntries((container.environment ?? []).map((pair) => [pair.name ?? '', pair.value ?? ''])),
});

const healthCheckType = (container: ecs.ContainerDefinition): { readonly healthCheckType?: 'docker' } =>
  container.healthCheck === undefined || container.healthCheck.command[0] === 'NONE'
    ? {}
    : { healthCheckType: 'docker' };

const firelens = (
  configuration: ecs.FirelensConfiguration | undefined,
): Pick<PayloadContainer, 'firelensConfiguration'> =>
  configuration === undefined
    ? {}
    : {
        firelensConfiguration: {
          type: configuration.type,
          ...(configuration.options === undefined ? {} : { options: configuration.options }),
        },
      };

const restartPolicy = (policy: ecs.ContainerRestartPolicy | undefined): Pick<PayloadContainer, 'restartPolicy'> =>
  policy === undefined
    ? {}
    : {
        restartPolicy: {
          enabled: policy.enabled,
          ...(policy.ignoredExitCodes === undefined ? {} : { ignoredExitCodes: policy.ignoredExitCodes }),
          ...(policy.restartAttemptPeriod === undefined ? {} : { restartAttemptPeriod: policy.restartAttemptPeriod }),
        },
      };

const mounts = (container: ecs.ContainerDefinition): Partial<PayloadContainer> => ({
  ...filled(
    'mountPoints',
    container.mountPoints?.map((mount) => ({
      sourceVolume: mount.sourceVolume ?? '',
      containerPath: mount.containerPath ?? '',
      readOnly: mount.readOnly ?? false,
    })),
  ),
  ...filled(
    'volumesFrom',
    container.volumesFrom?.map((from) => ({
      sourceContainer: from.sourceContainer ?? '',
      readOnly: from.readOnly ?? false,
    })),
  ),
});

const docker = (container: ecs.ContainerDefinition, place: ContainerPlace): Partial<PayloadContainer> => {
  const log =
    container.logConfiguration &&
    payloadLogConfiguration(container.logConfiguration, { ...place.log, containerName: container.name ?? '' });
  const networkMode = place.networkMode === 'awsvpc' ? undefined : place.networkMode;
  return {
    dockerConfig: {
      config: JSON.stringify(dockerConfig(container)),
      hostConfig: JSON.stringify(dockerHostConfig(container, networkMode, log?.logConfig)),
    },
    ...(log?.logsAuthStrategy === undefined ? {} : { logsAuthStrategy: log.logsAuthStrategy }),
  };
};

/** The payload of a container whose definition has its overrides applied already. */
export const payloadContainer = (container: ecs.ContainerDefinition, place: ContainerPlace): PayloadContainer => ({
  name: container.name ?? '',
  essential: container.essential ?? true,
  ...(place.containerArn === undefined ? {} : { containerArn: place.containerArn }),
  ...resolveImage(container.image ?? '', place.registries, place.image),
  ...filled('command', container.command),
  ...filled('entryPoint', container.entryPoint),
  environment: environment(container),
  cpu: container.cpu ?? 0,
  memory: container.memory ?? 0,
  ...(publishes(place.networkMode) ? filled('portMappings', container.portMappings?.map(portMapping)) : {}),
  ...filled('links', container.links),
  ...mounts(container),
  ...filled('dependsOn', container.dependsOn),
  ...(container.startTimeout === undefined ? {} : { startTimeout: container.startTimeout }),
  ...(container.stopTimeout === undefined ? {} : { stopTimeout: container.stopTimeout }),
  ...docker(container, place),
  ...healthCheckType(container),
  ...firelens(container.firelensConfiguration),
  ...filled('credentialSpecs', container.credentialSpecs),
  ...(place.takesRestartPolicy ? restartPolicy(container.restartPolicy) : {}),
  overrides: '{}',
});
