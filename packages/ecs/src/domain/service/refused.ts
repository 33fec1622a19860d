/**
 * What a service can ask for on AWS and not here: it is refused, never stored and then ignored. See
 * docs/services.md for the list as users read it.
 */
import { AwsError, type ecs } from '@oreno/aws-wire';

type Request = Pick<
  ecs.CreateServiceRequest,
  | 'deploymentController'
  | 'enableExecuteCommand'
  | 'loadBalancers'
  | 'monitoring'
  | 'serviceConnectConfiguration'
  | 'serviceRegistries'
  | 'volumeConfigurations'
  | 'vpcLatticeConfigurations'
>;

const isUsed = (list: readonly unknown[] | undefined): boolean => (list ?? []).length > 0;

const rules: readonly (readonly [(request: Request) => boolean, string])[] = [
  [({ loadBalancers }) => isUsed(loadBalancers), 'Load balancers for services are not available here.'],
  [({ serviceRegistries }) => isUsed(serviceRegistries), 'Service discovery (AWS Cloud Map) is not available here.'],
  [
    ({ serviceConnectConfiguration }) => serviceConnectConfiguration?.enabled === true,
    'Amazon ECS Service Connect is not available here.',
  ],
  [
    ({ volumeConfigurations }) => isUsed(volumeConfigurations),
    'Volumes that are configured at launch (Amazon EBS) are not available here.',
  ],
  [({ vpcLatticeConfigurations }) => isUsed(vpcLatticeConfigurations), 'Amazon VPC Lattice is not available here.'],
  [
    ({ monitoring }) => isUsed(monitoring?.metricConfigurations),
    'Service metrics of a resolution of their own are not available here.',
  ],
  [({ enableExecuteCommand }) => enableExecuteCommand === true, 'The execute command feature is not available here.'],
  [
    ({ deploymentController }) => deploymentController?.type === 'CODE_DEPLOY',
    'The deployment controllers that are available here are ECS and EXTERNAL.',
  ],
];

/** Throws UnsupportedFeatureException for the first thing that cannot be honoured. */
export const refuseUnavailable = (request: Request): void => {
  const message = rules.find(([applies]) => applies(request))?.[1];
  if (message !== undefined) throw new AwsError('UnsupportedFeatureException', message);
};
