/**
 * The launch types that a task definition can be run with. ECS computes them at registration, whatever was
 * asked for, and refuses the registration when one that `requiresCompatibilities` names is not among them.
 */
import type { ecs } from '@oreno/aws-wire';
import { firstRefusal } from './check.ts';
import type { Check, Registration } from './check.ts';
import { fargateChecks } from './checks/fargate.ts';

const onlyFargateHasStorage =
  (launchType: string): Check =>
  ({ ephemeralStorage }) =>
    ephemeralStorage === undefined
      ? undefined
      : `Tasks using the ${launchType} launch type do not support ephemeralStorage.`;

const externalChecks: readonly Check[] = [
  onlyFargateHasStorage('EXTERNAL'),
  ({ networkMode }) =>
    networkMode === 'awsvpc' ? 'Tasks using the EXTERNAL launch type do not support networkMode=awsvpc.' : undefined,
  ({ volumes = [] }) =>
    volumes.some(({ efsVolumeConfiguration }) => efsVolumeConfiguration !== undefined)
      ? 'Tasks using the EXTERNAL launch type do not support EFS volumes.'
      : undefined,
  ({ inferenceAccelerators = [] }) =>
    inferenceAccelerators.length > 0
      ? 'Tasks using the EXTERNAL launch type do not support inference accelerators.'
      : undefined,
];

const managedInstancesChecks: readonly Check[] = [
  ({ networkMode }) =>
    networkMode === 'awsvpc' || networkMode === 'host'
      ? undefined
      : 'Managed Instances only support network modes awsvpc and host.',
  ({ runtimePlatform }) =>
    runtimePlatform?.operatingSystemFamily?.startsWith('WINDOWS') === true
      ? 'Managed Instances do not support Windows containers.'
      : undefined,
  ({ volumes = [] }) =>
    volumes.some((volume) => volume.fsxWindowsFileServerVolumeConfiguration !== undefined)
      ? 'Managed Instances do not support FSx for Windows File Server volumes.'
      : undefined,
];

/** Why a launch type cannot run it, in the order in which ECS lists launch types. */
const RULES: readonly (readonly [ecs.Compatibility, readonly Check[]])[] = [
  ['EXTERNAL', externalChecks],
  ['EC2', [onlyFargateHasStorage('EC2')]],
  ['MANAGED_INSTANCES', managedInstancesChecks],
  ['FARGATE', fargateChecks],
];

/** The launch types that can run a definition which keeps the general rules. */
export const compatibilitiesOf = (request: Registration): readonly ecs.Compatibility[] =>
  RULES.filter(([, checks]) => firstRefusal(checks, request) === undefined).map(([launchType]) => launchType);

/** Refuses what the launch types in `requiresCompatibilities` cannot run. */
export const requiredCompatibilities: Check = (request) => {
  for (const [launchType, checks] of RULES) {
    if (request.requiresCompatibilities?.includes(launchType) !== true) continue;
    const refusal = firstRefusal(checks, request);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
};

/** A definition for none of the launch types could never run. */
export const someCompatibility: Check = (request) =>
  compatibilitiesOf(request).length > 0
    ? undefined
    : 'The ephemeralStorage parameter is only supported for task definitions that are compatible with Fargate.';
