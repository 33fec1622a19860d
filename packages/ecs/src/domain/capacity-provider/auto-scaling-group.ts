/**
 * The settings of a capacity provider over an Auto Scaling group: ECS's defaults, and what it refuses.
 * Pages: AutoScalingGroupProvider and ManagedScaling in the API reference.
 */
import { createHash } from 'node:crypto';
import { formatArn, parseArn, type ecs } from '@oreno/aws-wire';
import type { AutoScalingGroup, ManagedScaling } from '../../capacity-records.ts';
import type { Scope } from '../../records.ts';
import { invalidParameter } from '../errors.ts';

const defaults: AutoScalingGroup = {
  autoScalingGroupArn: '',
  managedScaling: {
    status: 'DISABLED',
    targetCapacity: 100,
    minimumScalingStepSize: 1,
    maximumScalingStepSize: 10_000,
    instanceWarmupPeriod: 300,
  },
  managedTerminationProtection: 'DISABLED',
  managedDraining: 'ENABLED',
};

/** The group of a new capacity provider. Throws InvalidParameterException. */
export const newAutoScalingGroup = (asked: ecs.AutoScalingGroupProvider, scope: Scope): AutoScalingGroup =>
  updatedAutoScalingGroup(
    { ...defaults, autoScalingGroupArn: groupArn(asked.autoScalingGroupArn, scope) },
    // A request that has settings for managed scaling and does not say whether, wants it.
    { ...asked, managedScaling: asked.managedScaling && { status: 'ENABLED', ...asked.managedScaling } },
  );

/** The group after an update: what the request does not name stays. Throws InvalidParameterException. */
export const updatedAutoScalingGroup = (
  before: AutoScalingGroup,
  { managedScaling, managedTerminationProtection, managedDraining }: ecs.AutoScalingGroupProviderUpdate,
): AutoScalingGroup => {
  const after: AutoScalingGroup = {
    autoScalingGroupArn: before.autoScalingGroupArn,
    managedScaling: scalingAfter(before.managedScaling, managedScaling),
    managedTerminationProtection: managedTerminationProtection ?? before.managedTerminationProtection,
    managedDraining: managedDraining ?? before.managedDraining,
  };
  const { status, minimumScalingStepSize, maximumScalingStepSize } = after.managedScaling;
  if (minimumScalingStepSize > maximumScalingStepSize) {
    throw invalidParameter('The minimumScalingStepSize must be less than or equal to the maximumScalingStepSize.');
  }
  if (after.managedTerminationProtection === 'ENABLED' && status !== 'ENABLED') {
    throw invalidParameter(
      'The managed termination protection setting for the capacity provider is invalid. To enable managed ' +
        'termination protection for a capacity provider, managed scaling must be enabled.',
    );
  }
  return after;
};

const scalingAfter = (before: ManagedScaling, asked: ecs.ManagedScaling = {}): ManagedScaling => ({
  status: asked.status ?? before.status,
  targetCapacity: asked.targetCapacity ?? before.targetCapacity,
  minimumScalingStepSize: asked.minimumScalingStepSize ?? before.minimumScalingStepSize,
  maximumScalingStepSize: asked.maximumScalingStepSize ?? before.maximumScalingStepSize,
  instanceWarmupPeriod: asked.instanceWarmupPeriod ?? before.instanceWarmupPeriod,
});

const resource = /^autoScalingGroup:[^:]+:autoScalingGroupName\/([^:]{1,255})$/;
const groupNames = /^[^:\s]{1,255}$/;

/** The ARN of a group that is named by its ARN or its name. Throws InvalidParameterException. */
const groupArn = (reference: string, { account, region }: Scope): string => {
  const arn = parseArn(reference);
  const isGroup =
    arn?.service === 'autoscaling' && arn.region === region && arn.account === account && resource.test(arn.resource);
  if (isGroup) return reference;
  if (reference.startsWith('arn:') || !groupNames.test(reference)) {
    throw invalidParameter(
      'The specified Auto Scaling group ARN is invalid. Specify a valid Auto Scaling group ARN and try again.',
    );
  }
  // The same name is the same group every time, as the identifier in its ARN says.
  const digest = createHash('sha256').update(`${account}/${region}/${reference}`).digest('hex');
  const id = digest.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12}).*$/, '$1-$2-$3-$4-$5');
  return formatArn({
    partition: 'aws',
    service: 'autoscaling',
    region,
    account,
    resource: `autoScalingGroup:${id}:autoScalingGroupName/${reference}`,
  });
};

/** The name behind the last slash of a group's ARN. */
export const groupNameOf = (autoScalingGroupArn: string): string =>
  resource.exec(parseArn(autoScalingGroupArn)?.resource ?? '')?.[1] ?? autoScalingGroupArn;
