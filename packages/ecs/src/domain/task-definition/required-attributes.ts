/**
 * `requiresAttributes`: what a container instance has to offer to run a task, derived from what the definition
 * uses. The names are those under which container agents register their capabilities
 * ("Amazon ECS container agent capabilities"; agent_capability.go of amazon-ecs-agent).
 */
import type { ecs } from '@oreno/aws-wire';
import { isEcrImage } from './ecr-image.ts';

/** A definition after its defaults were filled in. */
type Definition = Pick<ecs.TaskDefinition, keyof ecs.TaskDefinition>;
type Container = ecs.ContainerDefinition;

const DOCKER_API = 'com.amazonaws.ecs.capability.docker-remote-api.';
const OLD = 'com.amazonaws.ecs.capability.';
const NEW = 'ecs.capability.';

/** Capabilities that a yes-or-no question of a container decides. */
type Rule = readonly [attribute: string, uses: (container: Container, definition: Definition) => boolean];

const filled = (list: readonly unknown[] | undefined): boolean => list !== undefined && list.length > 0;
const isSecretsManager = ({ valueFrom }: ecs.Secret): boolean => /^arn:[^:]+:secretsmanager:/.test(valueFrom);
const logOption = (container: Container, option: string): string | undefined =>
  container.logConfiguration?.options?.[option];
const logsTo = (container: Container, driver: ecs.LogDriver): boolean =>
  container.logConfiguration?.logDriver === driver;

const CONTAINER_RULES: readonly Rule[] = [
  [
    `${DOCKER_API}1.17`,
    (container) =>
      container.hostname !== undefined ||
      container.user !== undefined ||
      container.workingDirectory !== undefined ||
      container.disableNetworking === true ||
      container.readonlyRootFilesystem !== undefined ||
      filled(container.dnsServers) ||
      filled(container.dnsSearchDomains) ||
      filled(container.extraHosts) ||
      filled(container.dockerSecurityOptions),
  ],
  [
    `${DOCKER_API}1.18`,
    (container, { networkMode }) =>
      networkMode === 'awsvpc' ||
      container.logConfiguration !== undefined ||
      container.dockerLabels !== undefined ||
      filled(container.ulimits),
  ],
  [`${DOCKER_API}1.19`, (container) => logsTo(container, 'awslogs')],
  [`${DOCKER_API}1.21`, (container) => container.memoryReservation !== undefined],
  [
    `${DOCKER_API}1.22`,
    ({ linuxParameters }) => filled(linuxParameters?.tmpfs) || linuxParameters?.sharedMemorySize !== undefined,
  ],
  [
    `${DOCKER_API}1.24`,
    ({ healthCheck, systemControls }) =>
      (healthCheck !== undefined && healthCheck.startPeriod === undefined) || filled(systemControls),
  ],
  [`${DOCKER_API}1.25`, ({ linuxParameters }) => linuxParameters?.initProcessEnabled === true],
  [
    `${DOCKER_API}1.28`,
    (container) =>
      logOption(container, 'awslogs-datetime-format') !== undefined ||
      logOption(container, 'awslogs-multiline-pattern') !== undefined ||
      logOption(container, 'mode') !== undefined,
  ],
  [
    `${DOCKER_API}1.29`,
    (container) =>
      container.healthCheck?.startPeriod !== undefined || logOption(container, 'awslogs-create-group') !== undefined,
  ],
  [`${OLD}privileged-container`, ({ privileged }) => privileged === true],
  [`${OLD}ecr-auth`, ({ image = '' }) => isEcrImage(image)],
  [
    `${NEW}execution-role-ecr-pull`,
    ({ image = '' }, { executionRoleArn }) => executionRoleArn !== undefined && isEcrImage(image),
  ],
  [
    `${NEW}execution-role-awslogs`,
    (container, { executionRoleArn }) => executionRoleArn !== undefined && logsTo(container, 'awslogs'),
  ],
  [
    `${OLD}selinux`,
    ({ dockerSecurityOptions }) => dockerSecurityOptions?.some((option) => option.startsWith('label:')) === true,
  ],
  [
    `${OLD}apparmor`,
    ({ dockerSecurityOptions }) => dockerSecurityOptions?.some((option) => option.startsWith('apparmor:')) === true,
  ],
  [`${NEW}container-health-check`, ({ healthCheck }) => healthCheck !== undefined],
  [`${NEW}container-ordering`, ({ dependsOn }) => filled(dependsOn)],
  [`${NEW}container-restart-policy`, ({ restartPolicy }) => restartPolicy?.enabled === true],
  [
    `${NEW}network.container-port-range`,
    ({ portMappings }) => portMappings?.some(({ containerPortRange }) => containerPortRange !== undefined) === true,
  ],
  [`${NEW}env-files.s3`, ({ environmentFiles }) => filled(environmentFiles)],
  [
    `${NEW}private-registry-authentication.secretsmanager`,
    ({ repositoryCredentials }) => repositoryCredentials !== undefined,
  ],
  [`${NEW}secrets.asm.environment-variables`, ({ secrets }) => secrets?.some(isSecretsManager) === true],
  [
    `${NEW}secrets.ssm.environment-variables`,
    ({ secrets }) => secrets?.some((secret) => !isSecretsManager(secret)) === true,
  ],
  [
    `${NEW}secrets.asm.bootstrap.log-driver`,
    ({ logConfiguration }) => logConfiguration?.secretOptions?.some(isSecretsManager) === true,
  ],
  [
    `${NEW}secrets.ssm.bootstrap.log-driver`,
    ({ logConfiguration }) => logConfiguration?.secretOptions?.some((secret) => !isSecretsManager(secret)) === true,
  ],
  [
    `${NEW}logging-driver.awsfirelens.log-driver-buffer-limit`,
    (container) => logOption(container, 'log-driver-buffer-limit') !== undefined,
  ],
  [`${NEW}firelens.fluentd`, ({ firelensConfiguration }) => firelensConfiguration?.type === 'fluentd'],
  [`${NEW}firelens.fluentbit`, ({ firelensConfiguration }) => firelensConfiguration?.type === 'fluentbit'],
  [
    `${NEW}firelens.options.config.file`,
    ({ firelensConfiguration }) => firelensConfiguration?.options?.['config-file-type'] === 'file',
  ],
  [
    `${NEW}firelens.options.config.s3`,
    ({ firelensConfiguration }) => firelensConfiguration?.options?.['config-file-type'] === 's3',
  ],
  [`${NEW}gmsa`, ({ credentialSpecs }) => credentialSpecs?.some((spec) => spec.startsWith('credentialspec:')) === true],
  [
    `${NEW}gmsa-domainless`,
    ({ credentialSpecs }) => credentialSpecs?.some((spec) => spec.startsWith('credentialspecdomainless:')) === true,
  ],
];

const TASK_RULES: readonly (readonly [attribute: string, uses: (definition: Definition) => boolean])[] = [
  [`${OLD}task-iam-role`, ({ taskRoleArn }) => taskRoleArn !== undefined],
  [
    `${OLD}task-iam-role-network-host`,
    ({ taskRoleArn, networkMode }) => taskRoleArn !== undefined && networkMode === 'host',
  ],
  [`${NEW}task-eni`, ({ networkMode }) => networkMode === 'awsvpc'],
  [
    `${NEW}task-cpu-mem-limit`,
    ({ cpu, memory, networkMode }) => networkMode !== 'awsvpc' && (cpu !== undefined || memory !== undefined),
  ],
  [`${NEW}increased-task-cpu-limit`, ({ cpu }) => cpu !== undefined && Number(cpu) > 10_240],
  [`${NEW}pid-ipc-namespace-sharing`, ({ pidMode, ipcMode }) => pidMode !== undefined || ipcMode !== undefined],
  [`${NEW}aws-appmesh`, ({ proxyConfiguration }) => proxyConfiguration !== undefined],
  [`${NEW}task-eia`, ({ inferenceAccelerators }) => filled(inferenceAccelerators)],
  [`${NEW}fault-injection`, ({ enableFaultInjection }) => enableFaultInjection === true],
];

const volumeAttributes = (volume: ecs.Volume): readonly string[] => {
  const { dockerVolumeConfiguration: docker, efsVolumeConfiguration: efs } = volume;
  if (docker !== undefined) return [`${NEW}docker-plugin.${docker.driver ?? 'local'}`, `${DOCKER_API}1.25`];
  if (efs !== undefined) return [`${NEW}efs`, `${NEW}efsAuth`, `${DOCKER_API}1.25`];
  if (volume.fsxWindowsFileServerVolumeConfiguration !== undefined) return [`${NEW}fsxWindowsFileServer`];
  if (volume.s3filesVolumeConfiguration !== undefined) return [`${NEW}storage.s3-files`];
  return volume.configuredAtLaunch === true ? [`${NEW}storage.ebs-task-volume-attach`] : [];
};

const logDriverAttributes = ({ logConfiguration }: Container): readonly string[] =>
  logConfiguration === undefined ? [] : [`${OLD}logging-driver.${logConfiguration.logDriver}`];

/** The attributes, each once; empty when any container instance will do (and ECS then leaves the member out). */
export const requiredAttributes = (definition: Definition): readonly ecs.Attribute[] => {
  const containers = definition.containerDefinitions ?? [];
  const names = new Set([
    ...containers.flatMap(logDriverAttributes),
    ...CONTAINER_RULES.filter(([, uses]) => containers.some((container) => uses(container, definition))).map(
      ([name]) => name,
    ),
    ...TASK_RULES.filter(([, uses]) => uses(definition)).map(([name]) => name),
    ...(definition.volumes ?? []).flatMap(volumeAttributes),
  ]);
  return [...names].map((name) => ({ name }));
};
