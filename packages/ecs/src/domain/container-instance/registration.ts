/**
 * Decides the record that RegisterContainerInstance writes. An agent that comes back with its ARN keeps its
 * record: registration time, custom attributes, tags and status stay, and what the machine has is taken anew.
 *
 * Invariant: every attribute that was sent comes back as it was sent; an agent that misses one gives up.
 */
import { validateTags } from '@oreno/aws-wire';
import type { ecs } from '@oreno/aws-wire';
import type { ContainerInstanceRecord, Scope } from '../../records.ts';
import { validateCapacityProviderName } from '../capacity-provider/names.ts';
import { containerInstanceArn } from '../ecs-arn.ts';
import { clientException } from '../errors.ts';
import { attributeValue, isCustom, mergeAttributes, validateAttribute } from './attributes.ts';
import { parseIdentityDocument } from './identity-document.ts';
import type { InstanceIdentity } from './identity-document.ts';
import { parseResources } from './resources.ts';

const ZONE = 'ecs.availability-zone';
const TYPE = 'ecs.instance-type';
/** On AWS the instance's Auto Scaling group says whose it is; here the agent does. */
const PROVIDER = 'ecs.capacity-provider';

/** Where and when an instance registers. `now` is in milliseconds since the epoch. */
export interface RegistrationFacts extends Scope {
  readonly clusterName: string;
  readonly containerInstanceId: string;
  readonly origin: string;
  readonly now: number;
}

/** The record, given the one that is there. Throws the exceptions that RegisterContainerInstance answers. */
export const registeredInstance = (
  request: ecs.RegisterContainerInstanceRequest,
  facts: RegistrationFacts,
  previous: ContainerInstanceRecord | undefined,
): ContainerInstanceRecord => {
  const { account, region, clusterName, containerInstanceId, origin, now } = facts;
  const sent = request.attributes ?? [];
  sent.forEach(validateAttribute);
  validateTags(request.tags);
  const identity = parseIdentityDocument(request.instanceIdentityDocument);
  if (previous !== undefined) assertSameMachine(previous, sent);
  const base: Omit<ContainerInstanceRecord, 'registered' | 'attributes' | 'origin' | 'capacityProviderName'> =
    previous ?? {
      account,
      region,
      clusterName,
      containerInstanceId,
      containerInstanceArn: containerInstanceArn({ account, region }, clusterName, containerInstanceId),
      registeredAt: now,
      tags: request.tags ?? [],
      status: 'ACTIVE',
      agentConnected: false,
      agentConnectedAt: now,
    };
  const capacityProviderName = attributeValue(sent, PROVIDER);
  if (capacityProviderName !== undefined) validateCapacityProviderName(capacityProviderName);
  const zone = { name: ZONE, value: identity.availabilityZone ?? `${region}a` };
  const kept = (previous?.attributes ?? []).filter((attribute) => isCustom(attribute) || attribute.name === ZONE);
  return {
    ...base,
    ec2InstanceId: identity.instanceId ?? previous?.ec2InstanceId,
    capacityProviderName,
    registered: parseResources(request.totalResources, request.platformDevices),
    attributes: mergeAttributes(mergeAttributes([zone, ...machineAttributes(identity)], kept), sent),
    versionInfo: request.versionInfo ?? previous?.versionInfo,
    origin,
  };
};

/** What ECS itself adds of an EC2 instance ("Amazon ECS container instance attributes"). */
const machineAttributes = ({ imageId, instanceType }: InstanceIdentity): readonly ecs.Attribute[] => [
  ...(imageId === undefined ? [] : [{ name: 'ecs.ami-id', value: imageId }]),
  ...(instanceType === undefined ? [] : [{ name: 'ecs.instance-type', value: instanceType }]),
];

const assertSameMachine = (previous: ContainerInstanceRecord, sent: readonly ecs.Attribute[]): void => {
  if (previous.status === 'INACTIVE') throw clientException('The container instance is deregistered.');
  const before = attributeValue(previous.attributes, TYPE);
  const now = attributeValue(sent, TYPE);
  if (before !== undefined && now !== undefined && before !== now) {
    throw clientException('Container instance type changes are not supported.');
  }
};
