/**
 * Which capacity tasks run on: a launch type, or capacity providers among which a strategy divides them. Tasks
 * for Fargate run on any container instance that has room, so that a Fargate task definition works unchanged.
 * Pages: RunTask (`launchType`, `capacityProviderStrategy`), "Amazon ECS capacity providers".
 */
import { AwsError, type ecs } from '@oreno/aws-wire';
import type { ClusterRecord } from '../../records.ts';
import { allotProviders } from '../capacity-provider/allot-providers.ts';
import { isFargateProvider } from '../capacity-provider/names.ts';
import { validateStrategy } from '../capacity-provider/strategy.ts';
import { invalidParameter } from '../errors.ts';

/** What one task runs on. */
export interface Capacity {
  readonly launchType: ecs.LaunchType;
  readonly capacityProviderName?: string | undefined;
  /** Of Fargate's tasks: a number, not LATEST. */
  readonly platformVersion?: string | undefined;
}

/** What the tasks of a request or a service run on. */
export interface CapacityChoice {
  readonly launchType: ecs.LaunchType;
  /** Empty where only a launch type was asked for. */
  readonly strategy: readonly ecs.CapacityProviderStrategyItem[];
  readonly platformVersion?: string | undefined;
}

type CapacityRequest = Pick<
  ecs.RunTaskRequest,
  | 'capacityProviderStrategy'
  | 'launchType'
  | 'networkConfiguration'
  | 'placementConstraints'
  | 'placementStrategy'
  | 'platformVersion'
>;

/** Throws InvalidParameterException for a request that asks for capacity in two ways. */
export const refuseTwoCapacities = ({
  launchType,
  capacityProviderStrategy = [],
}: Pick<CapacityRequest, 'capacityProviderStrategy' | 'launchType'>): void => {
  if (launchType === undefined || capacityProviderStrategy.length === 0) return;
  throw invalidParameter(
    'Specifying both a launch type and capacity provider strategy is not supported. Remove one and try again.',
  );
};

/** The capacity that a request asks for; throws InvalidParameterException where its members do not fit. */
export const capacityOf = (
  request: CapacityRequest,
  cluster: ClusterRecord,
  definition: ecs.TaskDefinition,
): CapacityChoice => {
  const asked = request.capacityProviderStrategy ?? [];
  refuseTwoCapacities(request);
  if (request.launchType === 'MANAGED_INSTANCES') {
    throw invalidParameter('The MANAGED_INSTANCES launch type needs a capacity provider strategy.');
  }
  const strategy =
    asked.length > 0 || request.launchType !== undefined ? asked : cluster.defaultCapacityProviderStrategy;
  validateStrategy(strategy, cluster.capacityProviders);
  const isForFargate = strategy.some(({ capacityProvider }) => isFargateProvider(capacityProvider));
  const launchType = request.launchType ?? (isForFargate ? 'FARGATE' : 'EC2');
  if (definition.compatibilities !== undefined && !definition.compatibilities.includes(launchType)) {
    throw invalidParameter(`Task definition does not support launch_type ${launchType}.`);
  }
  (launchType === 'FARGATE' ? refuseForFargate : refuseForInstances)(request);
  return { launchType, strategy, ...(launchType === 'FARGATE' ? { platformVersion: concreteVersion(request) } : {}) };
};

/** The platform versions of Linux that Fargate still starts tasks on, the latest first. */
const platformVersions: readonly string[] = ['1.4.0', '1.3.0'];

/** The version that a request or service means; nothing and LATEST mean the newest. */
export const concreteVersion = ({ platformVersion }: { readonly platformVersion?: string | undefined }): string =>
  platformVersion === undefined || platformVersion === '' || platformVersion === 'LATEST'
    ? (platformVersions[0] ?? '')
    : platformVersion;

const refuseForFargate = (request: CapacityRequest): void => {
  const { placementConstraints = [], placementStrategy = [] } = request;
  if (placementConstraints.length > 0) {
    throw invalidParameter('Placement constraints are not supported with FARGATE launch type.');
  }
  if (placementStrategy.length > 0)
    throw invalidParameter('Placement strategies are not supported with FARGATE launch type.');
  const version = concreteVersion(request);
  if (!platformVersions.includes(version)) {
    throw new AwsError('PlatformUnknownException', `The specified platform version ${version} does not exist.`);
  }
};

const refuseForInstances = ({ platformVersion, networkConfiguration }: CapacityRequest): void => {
  if (networkConfiguration?.awsvpcConfiguration?.assignPublicIp === 'ENABLED') {
    throw invalidParameter('Assign public IP is not supported for this launch type.');
  }
  if (platformVersion !== undefined && platformVersion !== '') {
    throw invalidParameter('The platform version must be null when specifying an EC2 launch type.');
  }
};

/** How many of `count` tasks run on which capacity; `used` names the capacity providers of those that are there. */
export const shareTasks = (
  { strategy, ...base }: CapacityChoice,
  used: readonly string[],
  count: number,
): readonly { readonly capacity: Capacity; readonly count: number }[] =>
  strategy.length === 0
    ? [{ capacity: base, count }]
    : [...allotProviders(strategy, used, count)].map(([capacityProviderName, share]) => ({
        capacity: { ...base, capacityProviderName },
        count: share,
      }));

/** The capacity provider whose instances alone may take a task; Fargate's tasks go anywhere. */
export const boundTo = ({ capacityProviderName }: Capacity): string | undefined =>
  capacityProviderName === undefined || isFargateProvider(capacityProviderName) ? undefined : capacityProviderName;
