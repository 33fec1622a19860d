/**
 * The rules about volumes and their mounts.
 * Pages: Volume, MountPoint and VolumeFrom in the API reference, "Using data volumes in tasks".
 */
import type { ecs } from '@oreno/aws-wire';
import { NAME, firstDuplicate, forEachContainer, invalidCombination } from '../check.ts';
import type { Check, ContainerCheck } from '../check.ts';

const KINDS = [
  'host',
  'dockerVolumeConfiguration',
  'efsVolumeConfiguration',
  's3filesVolumeConfiguration',
  'fsxWindowsFileServerVolumeConfiguration',
  'configuredAtLaunch',
] as const satisfies readonly (keyof ecs.Volume)[];

const isGiven = (volume: ecs.Volume, kind: (typeof KINDS)[number]): boolean => {
  const value = volume[kind];
  if (value === undefined || value === false) return false;
  // An empty host says the same as none at all.
  return kind !== 'host' || Object.keys(value).length > 0;
};

const names: Check = ({ volumes = [] }) => {
  for (const { name } of volumes) {
    if (name === undefined || name === '') return 'Volume name should not be null or empty.';
    if (!NAME.test(name)) return 'Volume name contains invalid characters.';
  }
  const duplicate = firstDuplicate(volumes.map(({ name }) => name));
  return duplicate === undefined ? undefined : `Volume name '${duplicate}' is used more than once in the task.`;
};

const oneKindEach: Check = ({ volumes = [] }) => {
  const mixed = volumes.find((volume) => KINDS.filter((kind) => isGiven(volume, kind)).length > 1);
  if (mixed !== undefined) return `Only one volume configuration can be specified for volume '${mixed.name ?? ''}'.`;
  return volumes.filter(({ configuredAtLaunch }) => configuredAtLaunch === true).length > 1
    ? 'Only one volume can be configured at launch.'
    : undefined;
};

const hostPaths: Check = ({ volumes = [] }) =>
  volumes.some(({ host }) => host?.sourcePath === '') ? 'host.sourcePath should not be blank.' : undefined;

const dockerVolumes: Check = ({ volumes = [] }) => {
  const bad = volumes.find(
    ({ dockerVolumeConfiguration: docker }) => docker?.autoprovision !== undefined && docker.scope !== 'shared',
  );
  return bad === undefined
    ? undefined
    : `Volume '${bad.name ?? ''}': autoprovision can only be specified when the scope is shared.`;
};

const efsVolumes: Check = ({ volumes = [] }) => {
  for (const { name = '', efsVolumeConfiguration: efs } of volumes) {
    if (efs === undefined) continue;
    const { authorizationConfig, rootDirectory = '/', transitEncryption } = efs;
    if (authorizationConfig?.accessPointId !== undefined && rootDirectory !== '/') {
      return `Volume '${name}': the root directory must be omitted or set to / when an access point is specified.`;
    }
    const needsEncryption = authorizationConfig?.iam === 'ENABLED' || authorizationConfig?.accessPointId !== undefined;
    if (needsEncryption && transitEncryption !== 'ENABLED') {
      return `Volume '${name}': transit encryption must be enabled to use EFS IAM authorization or an access point.`;
    }
  }
  return undefined;
};

const mountPoints: ContainerCheck = (container, { volumes = [] }) => {
  for (const { sourceVolume, containerPath } of container.mountPoints ?? []) {
    // ECS writes a missing name as null.
    if (!volumes.some(({ name }) => name === sourceVolume)) return `Unknown volume '${sourceVolume ?? 'null'}'.`;
    if (containerPath === undefined || containerPath === '') {
      return invalidCombination(container, 'MountPoint.containerPath should not be null or empty.');
    }
  }
  const duplicate = firstDuplicate((container.mountPoints ?? []).map(({ containerPath }) => containerPath));
  return duplicate === undefined
    ? undefined
    : invalidCombination(container, `The container path '${duplicate}' is mounted more than once.`);
};

const volumesFrom: ContainerCheck = (container, { containerDefinitions }) => {
  const bad = container.volumesFrom?.find(
    ({ sourceContainer }) =>
      sourceContainer === container.name || !containerDefinitions.some(({ name }) => name === sourceContainer),
  );
  return bad === undefined
    ? undefined
    : invalidCombination(container, `Unknown container '${bad.sourceContainer ?? 'null'}' in volumesFrom.`);
};

export const volumeChecks: readonly Check[] = [
  names,
  oneKindEach,
  hostPaths,
  dockerVolumes,
  efsVolumes,
  forEachContainer([mountPoints, volumesFrom]),
];
