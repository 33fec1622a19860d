/**
 * Which services can have their tasks rebalanced over Availability Zones. AWS documentation: "Balancing an Amazon
 * ECS service across Availability Zones", `availabilityZoneRebalancing` of CreateService in the API reference.
 */
import type { ecs } from '@oreno/aws-wire';
import type { ServiceRecord } from '../../service-records.ts';
import { invalidParameter } from '../errors.ts';
import { isExternal } from './external-controller.ts';

const zone = 'attribute:ecs.availability-zone';

type Candidate = Pick<
  ServiceRecord,
  | 'deploymentConfiguration'
  | 'deploymentController'
  | 'launchType'
  | 'placementConstraints'
  | 'placementStrategy'
  | 'schedulingStrategy'
>;

const start = 'Availability Zone rebalancing is not supported';

const problemOf = (service: Candidate): string | undefined => {
  const [first] = service.placementStrategy;
  if (service.schedulingStrategy === 'DAEMON') return `${start} with the DAEMON scheduling strategy.`;
  if (isExternal(service)) return `${start} with the EXTERNAL deployment controller.`;
  if (service.launchType === 'EXTERNAL') return `${start} with the EXTERNAL launch type.`;
  if (service.deploymentConfiguration.maximumPercent <= 100) {
    return `${start} with a maximumPercent of 100. Specify a value greater than 100.`;
  }
  if (first !== undefined && (first.type !== 'spread' || first.field !== zone)) {
    return `${start} where the first placement strategy is not spread over ${zone}.`;
  }
  return service.placementConstraints.some(({ expression = '' }) => expression.includes(zone))
    ? `${start} with a placement constraint on ${zone}.`
    : undefined;
};

/** What a new service has: ENABLED where nothing was asked for and nothing is against it. Throws InvalidParameterException. */
export const rebalancingOf = (
  asked: ecs.AvailabilityZoneRebalancing | undefined,
  service: Candidate,
): ecs.AvailabilityZoneRebalancing => {
  const problem = problemOf(service);
  if (asked === 'ENABLED' && problem !== undefined) throw invalidParameter(problem);
  return asked ?? (problem === undefined ? 'ENABLED' : 'DISABLED');
};
