/**
 * What a task definition may ask for and this server cannot give an agent: values that ECS resolves in other
 * services. Such a task is not sent at all; it stops at once with ECS's own kind of reason, because an agent
 * would look for those services at Amazon. Pure.
 */
import type { ecs } from '@oreno/aws-wire';

const secretOf = (container: ecs.ContainerDefinition): ecs.Secret | undefined =>
  [...(container.secrets ?? []), ...(container.logConfiguration?.secretOptions ?? [])][0];

const refuseContainer = (container: ecs.ContainerDefinition): string | undefined => {
  const secret = secretOf(container);
  if (secret !== undefined) {
    return `unable to pull secrets or registry auth: unable to retrieve secret ${secret.name} from ${secret.valueFrom}: Secrets Manager and Parameter Store are not available here`;
  }
  if (container.repositoryCredentials !== undefined) {
    return `unable to pull secrets or registry auth: unable to retrieve ${container.repositoryCredentials.credentialsParameter}: Secrets Manager is not available here`;
  }
  const file = container.environmentFiles?.[0];
  if (file !== undefined) return `failed to download env files: ${file.value}: Amazon S3 is not available here`;
  if (container.firelensConfiguration?.options?.['config-file-type'] === 's3') {
    return 'failed to download firelens configuration: Amazon S3 is not available here';
  }
  return undefined;
};

const refuseVolume = (volume: ecs.Volume): string | undefined => {
  if (volume.efsVolumeConfiguration !== undefined) {
    return `failed to set up EFS volume ${volume.name}: file system ${volume.efsVolumeConfiguration.fileSystemId} is not available here`;
  }
  if (volume.s3filesVolumeConfiguration !== undefined || volume.fsxWindowsFileServerVolumeConfiguration !== undefined) {
    return `failed to set up volume ${volume.name}: its file system is not available here`;
  }
  return volume.configuredAtLaunch
    ? `failed to attach EBS volume ${volume.name}: Amazon EBS is not available here`
    : undefined;
};

/**
 * Why this task cannot be sent to an agent, in the words of ECS's stopped reasons, or undefined when it can.
 * @param containers the definition's containers with overrides applied
 * @see the ECS developer guide, "Stopped tasks error messages" (ResourceInitializationError)
 */
export const undeliverableReason = (
  containers: readonly ecs.ContainerDefinition[],
  volumes: readonly ecs.Volume[],
): string | undefined => {
  for (const reason of [...containers.map(refuseContainer), ...volumes.map(refuseVolume)]) {
    if (reason !== undefined) return `ResourceInitializationError: ${reason}`;
  }
  return undefined;
};
