/**
 * Services whose deployments somebody else conducts by task sets: what belongs to the sets is refused for the service.
 * AWS documentation: CreateService and UpdateService in the API reference, "external deployment controller".
 */
import type { ecs } from '@oreno/aws-wire';
import { invalidParameter } from '../errors.ts';

interface Controlled {
  readonly deploymentController?: ecs.DeploymentController | undefined;
}

export const isExternal = ({ deploymentController }: Controlled): boolean => deploymentController?.type === 'EXTERNAL';

const setMembers = [
  'taskDefinition',
  'capacityProviderStrategy',
  'platformVersion',
  'networkConfiguration',
  'loadBalancers',
  'serviceRegistries',
] as const;

const isGiven = (value: unknown): boolean =>
  value !== undefined && value !== '' && !(Array.isArray(value) && value.length === 0);

/** Throws InvalidParameterException for what a new EXTERNAL service leaves to its task sets. */
export const refuseForExternal = (input: ecs.CreateServiceRequest): void => {
  const given = ([...setMembers, 'launchType'] as const).find((name) => isGiven(input[name]));
  if (given !== undefined) {
    throw invalidParameter(
      `${given} cannot be specified for services that use the EXTERNAL deployment controller. Specify it in CreateTaskSet.`,
    );
  }
  const { strategy = 'ROLLING' } = input.deploymentConfiguration ?? {};
  if (strategy !== 'ROLLING') {
    throw invalidParameter(`The ${strategy} deployment strategy is only supported with the ECS deployment controller.`);
  }
  if (input.deploymentConfiguration?.alarms?.enable === true) {
    throw invalidParameter('Deployment alarms are only supported with the ECS deployment controller.');
  }
  if (input.schedulingStrategy === 'DAEMON') {
    throw invalidParameter('The daemon scheduling strategy is not supported with the EXTERNAL deployment controller.');
  }
};

/** Throws InvalidParameterException for what UpdateService cannot change where it would take or leave task sets. */
export const refuseChangesForExternal = (service: Controlled, input: ecs.UpdateServiceRequest): void => {
  if (input.deploymentController !== undefined && isExternal(input) !== isExternal(service)) {
    throw invalidParameter('The deployment controller of a service cannot be changed to or from EXTERNAL.');
  }
  if (!isExternal(service)) return;
  const given = ([...setMembers, 'deploymentConfiguration'] as const).find((name) => isGiven(input[name]));
  if (given !== undefined) {
    throw invalidParameter(
      `Unable to update ${given} on services with an EXTERNAL deployment controller. Use task sets instead.`,
    );
  }
  if (input.forceNewDeployment === true) {
    throw invalidParameter(
      'Cannot force a new deployment on services with an EXTERNAL deployment controller. Create a task set instead.',
    );
  }
};
