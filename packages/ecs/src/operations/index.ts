/**
 * The operations of ECS that oreno answers: one line for each import and one for each entry, in alphabetical
 * order. What is not here answers the service's "unsupported" error.
 */
import type { Handlers, ecs } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';
import { ContinueServiceDeployment } from './continue-service-deployment.ts';
import { CreateCapacityProvider } from './create-capacity-provider.ts';
import { CreateCluster } from './create-cluster.ts';
import { CreateService } from './create-service.ts';
import { CreateTaskSet } from './create-task-set.ts';
import { DeleteAccountSetting } from './delete-account-setting.ts';
import { DeleteAttributes } from './delete-attributes.ts';
import { DeleteCapacityProvider } from './delete-capacity-provider.ts';
import { DeleteCluster } from './delete-cluster.ts';
import { DeleteService } from './delete-service.ts';
import { DeleteTaskDefinitions } from './delete-task-definitions.ts';
import { DeleteTaskSet } from './delete-task-set.ts';
import { DeregisterContainerInstance } from './deregister-container-instance.ts';
import { DeregisterTaskDefinition } from './deregister-task-definition.ts';
import { DescribeCapacityProviders } from './describe-capacity-providers.ts';
import { DescribeClusters } from './describe-clusters.ts';
import { DescribeContainerInstances } from './describe-container-instances.ts';
import { DescribeServiceDeployments } from './describe-service-deployments.ts';
import { DescribeServiceRevisions } from './describe-service-revisions.ts';
import { DescribeServices } from './describe-services.ts';
import { DescribeTaskDefinition } from './describe-task-definition.ts';
import { DescribeTaskSets } from './describe-task-sets.ts';
import { DescribeTasks } from './describe-tasks.ts';
import { DiscoverPollEndpoint } from './discover-poll-endpoint.ts';
import { GetTaskProtection } from './get-task-protection.ts';
import { ListAccountSettings } from './list-account-settings.ts';
import { ListAttributes } from './list-attributes.ts';
import { ListClusters } from './list-clusters.ts';
import { ListContainerInstances } from './list-container-instances.ts';
import { ListServiceDeployments } from './list-service-deployments.ts';
import { ListServices } from './list-services.ts';
import { ListServicesByNamespace } from './list-services-by-namespace.ts';
import { ListTagsForResource } from './list-tags-for-resource.ts';
import { ListTaskDefinitionFamilies } from './list-task-definition-families.ts';
import { ListTaskDefinitions } from './list-task-definitions.ts';
import { ListTasks } from './list-tasks.ts';
import { PutAccountSetting } from './put-account-setting.ts';
import { PutAccountSettingDefault } from './put-account-setting-default.ts';
import { PutAttributes } from './put-attributes.ts';
import { PutClusterCapacityProviders } from './put-cluster-capacity-providers.ts';
import { RegisterContainerInstance } from './register-container-instance.ts';
import { RegisterTaskDefinition } from './register-task-definition.ts';
import { RunTask } from './run-task.ts';
import { StartTask } from './start-task.ts';
import { StopServiceDeployment } from './stop-service-deployment.ts';
import { StopTask } from './stop-task.ts';
import { SubmitAttachmentStateChanges } from './submit-attachment-state-changes.ts';
import { SubmitContainerStateChange } from './submit-container-state-change.ts';
import { SubmitTaskStateChange } from './submit-task-state-change.ts';
import { TagResource } from './tag-resource.ts';
import { UntagResource } from './untag-resource.ts';
import { UpdateCapacityProvider } from './update-capacity-provider.ts';
import { UpdateCluster } from './update-cluster.ts';
import { UpdateClusterSettings } from './update-cluster-settings.ts';
import { UpdateContainerAgent } from './update-container-agent.ts';
import { UpdateContainerInstancesState } from './update-container-instances-state.ts';
import { UpdateService } from './update-service.ts';
import { UpdateServicePrimaryTaskSet } from './update-service-primary-task-set.ts';
import { UpdateTaskProtection } from './update-task-protection.ts';
import { UpdateTaskSet } from './update-task-set.ts';

export const operations: Handlers<ecs.Operations, EcsContext> = {
  ContinueServiceDeployment,
  CreateCapacityProvider,
  CreateCluster,
  CreateService,
  CreateTaskSet,
  DeleteAccountSetting,
  DeleteAttributes,
  DeleteCapacityProvider,
  DeleteCluster,
  DeleteService,
  DeleteTaskDefinitions,
  DeleteTaskSet,
  DeregisterContainerInstance,
  DeregisterTaskDefinition,
  DescribeCapacityProviders,
  DescribeClusters,
  DescribeContainerInstances,
  DescribeServiceDeployments,
  DescribeServiceRevisions,
  DescribeServices,
  DescribeTaskDefinition,
  DescribeTaskSets,
  DescribeTasks,
  DiscoverPollEndpoint,
  GetTaskProtection,
  ListAccountSettings,
  ListAttributes,
  ListClusters,
  ListContainerInstances,
  ListServiceDeployments,
  ListServices,
  ListServicesByNamespace,
  ListTagsForResource,
  ListTaskDefinitionFamilies,
  ListTaskDefinitions,
  ListTasks,
  PutAccountSetting,
  PutAccountSettingDefault,
  PutAttributes,
  PutClusterCapacityProviders,
  RegisterContainerInstance,
  RegisterTaskDefinition,
  RunTask,
  StartTask,
  StopServiceDeployment,
  StopTask,
  SubmitAttachmentStateChanges,
  SubmitContainerStateChange,
  SubmitTaskStateChange,
  TagResource,
  UntagResource,
  UpdateCapacityProvider,
  UpdateCluster,
  UpdateClusterSettings,
  UpdateContainerAgent,
  UpdateContainerInstancesState,
  UpdateService,
  UpdateServicePrimaryTaskSet,
  UpdateTaskProtection,
  UpdateTaskSet,
};
