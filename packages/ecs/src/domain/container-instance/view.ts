/** A container instance as DescribeContainerInstances shows it. */
import type { ecs } from '@oreno/aws-wire';
import type { Row } from '@oreno/store';
import type { ContainerInstanceRecord } from '../../records.ts';
import type { InstanceUsage } from '../placement/placement.ts';
import { formatResources } from './resources.ts';

/** What there is to know of an instance besides its record. */
export interface InstanceFacts {
  /** Absent for an instance that is no longer registered: all of it counts as free. */
  readonly usage?: Omit<InstanceUsage, 'groups'> | undefined;
  /** Ids of the GPUs that tasks hold. */
  readonly gpusInUse?: ReadonlySet<string> | undefined;
}

/** The API's shape of an instance. Its version grows with every change of the record. */
export const containerInstanceView = (
  { record, version }: Row<ContainerInstanceRecord>,
  { usage, gpusInUse }: InstanceFacts,
  include: readonly ecs.ContainerInstanceField[] = [],
): ecs.ContainerInstance => {
  const { registered } = record;
  const gpus = registered.gpus.filter((id) => gpusInUse?.has(id) !== true);
  return {
    containerInstanceArn: record.containerInstanceArn,
    ...(record.ec2InstanceId === undefined ? {} : { ec2InstanceId: record.ec2InstanceId }),
    ...(record.capacityProviderName === undefined ? {} : { capacityProviderName: record.capacityProviderName }),
    version,
    ...(record.versionInfo === undefined ? {} : { versionInfo: record.versionInfo }),
    remainingResources: formatResources({ ...(usage?.remaining ?? registered), gpus }, registered.gpus.length > 0),
    registeredResources: formatResources(registered, registered.gpus.length > 0),
    status: record.status,
    ...(record.statusReason === undefined ? {} : { statusReason: record.statusReason }),
    agentConnected: record.agentConnected,
    runningTasksCount: usage?.runningTasksCount ?? 0,
    pendingTasksCount: usage?.pendingTasksCount ?? 0,
    ...(record.agentUpdateStatus === undefined ? {} : { agentUpdateStatus: record.agentUpdateStatus }),
    attributes: record.attributes,
    registeredAt: record.registeredAt,
    attachments: [],
    tags: include.includes('TAGS') ? record.tags : [],
    ...(include.includes('CONTAINER_INSTANCE_HEALTH') && record.healthStatus !== undefined
      ? { healthStatus: record.healthStatus }
      : {}),
  };
};
