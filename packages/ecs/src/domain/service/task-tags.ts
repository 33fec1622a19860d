import type { ecs } from '@oreno/aws-wire';
import type { TaskDefinitionRecord } from '../../records.ts';
import type { ServiceRecord } from '../../service-records.ts';

/**
 * The tags of a service's new tasks: those of the service or the task definition where they are propagated, and
 * ECS's own where they are asked for. AWS documentation: "Tagging your Amazon ECS resources".
 */
export const serviceTaskTags = (
  { propagateTags, enableECSManagedTags, tags, clusterName, serviceName }: ServiceRecord,
  definition: TaskDefinitionRecord,
): readonly ecs.Tag[] => {
  const propagated = { SERVICE: tags, TASK_DEFINITION: definition.tags, NONE: [] }[propagateTags];
  if (!enableECSManagedTags) return propagated;
  return [
    { key: 'aws:ecs:clusterName', value: clusterName },
    { key: 'aws:ecs:serviceName', value: serviceName },
    ...propagated,
  ];
};
