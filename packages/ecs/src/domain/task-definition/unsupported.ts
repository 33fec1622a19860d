/**
 * What a task definition can hold and no container instance of oreno can do. Registering it is fine; running
 * it is refused with these reasons, so that nobody waits for a task that silently lacks half of what it asked for.
 */
import type { ecs } from '@oreno/aws-wire';

type Reason = (definition: ecs.TaskDefinition) => string | undefined;

const containers = (definition: ecs.TaskDefinition): readonly ecs.ContainerDefinition[] =>
  definition.containerDefinitions ?? [];

const volumeWith =
  (member: keyof ecs.Volume, name: string): Reason =>
  (definition) => {
    const volume = definition.volumes?.find(
      (candidate) => candidate[member] !== undefined && candidate[member] !== false,
    );
    return volume === undefined
      ? undefined
      : `Volume '${volume.name ?? ''}' uses ${name}, which is not available here.`;
  };

const containerWith =
  (matches: (container: ecs.ContainerDefinition) => boolean, name: string): Reason =>
  (definition) => {
    const container = containers(definition).find(matches);
    return container === undefined
      ? undefined
      : `Container '${container.name ?? ''}' uses ${name}, which is not available here.`;
  };

const REASONS: readonly Reason[] = [
  volumeWith('efsVolumeConfiguration', 'Amazon EFS'),
  volumeWith('fsxWindowsFileServerVolumeConfiguration', 'Amazon FSx for Windows File Server'),
  volumeWith('s3filesVolumeConfiguration', 'Amazon S3 Files'),
  volumeWith('configuredAtLaunch', 'a volume configured at launch (Amazon EBS)'),
  containerWith((container) => (container.credentialSpecs ?? []).length > 0, 'a credential spec (gMSA)'),
  containerWith(
    (container) => container.dockerSecurityOptions?.some((option) => option.startsWith('credentialspec:')) === true,
    'a credential spec (gMSA)',
  ),
  containerWith((container) => (container.environmentFiles ?? []).length > 0, 'environment files in Amazon S3'),
  containerWith(
    (container) => container.firelensConfiguration?.options?.['config-file-type'] === 's3',
    'a FireLens configuration file in Amazon S3',
  ),
  containerWith(
    (container) => container.resourceRequirements?.some(({ type }) => type !== 'GPU') === true,
    'an accelerator other than a GPU',
  ),
  ({ proxyConfiguration }) =>
    proxyConfiguration === undefined ? undefined : 'The App Mesh proxy configuration is not available here.',
  ({ inferenceAccelerators }) =>
    (inferenceAccelerators ?? []).length === 0 ? undefined : 'Elastic Inference accelerators are not available here.',
  ({ enableFaultInjection }) => (enableFaultInjection === true ? 'Fault injection is not available here.' : undefined),
  ({ runtimePlatform }) =>
    runtimePlatform?.operatingSystemFamily?.startsWith('WINDOWS') === true
      ? 'Windows containers are not available here.'
      : undefined,
];

/** Why this definition cannot be run, one sentence each; empty when it can. RunTask and StartTask answer the first. */
export const unsupportedFeatures = (definition: ecs.TaskDefinition): readonly string[] =>
  REASONS.map((reason) => reason(definition)).filter((reason) => reason !== undefined);
