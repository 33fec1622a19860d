/** What keeps a cluster from being deleted. Page: DeleteCluster in the API reference. */
import { AwsError } from '@oreno/aws-wire';

/** What there is in a cluster, as far as it counts. */
export interface ClusterUsage {
  /** Container instances that are ACTIVE or DRAINING. */
  readonly registeredContainerInstancesCount: number;
  readonly runningTasksCount: number;
  readonly pendingTasksCount: number;
  readonly activeServicesCount: number;
}

/** Throws the exception for the first thing that still is in the cluster. */
export const assertDeletable = (usage: ClusterUsage): void => {
  if (usage.registeredContainerInstancesCount > 0) {
    throw new AwsError(
      'ClusterContainsContainerInstancesException',
      'The Cluster cannot be deleted while Container Instances are active or draining.',
    );
  }
  if (usage.activeServicesCount > 0) {
    throw new AwsError('ClusterContainsServicesException', 'The Cluster cannot be deleted while Services are active.');
  }
  if (usage.runningTasksCount + usage.pendingTasksCount > 0) {
    throw new AwsError('ClusterContainsTasksException', 'The Cluster cannot be deleted while Tasks are active.');
  }
};
