/**
 * The AWS managed policies that sessions of oreno's own making carry, by name (AWS managed policy reference). Both
 * ECS policies also allow `logs:CreateLogGroup` here: without IAM's own roles nobody could attach the extra
 * policy that AWS's documentation asks for with `awslogs-create-group`.
 */
import type { PolicyDocument } from './policy.ts';

const allow = (actions: readonly string[]): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: actions, Resource: '*' }],
});

const pull = [
  'ecr:GetAuthorizationToken',
  'ecr:BatchCheckLayerAvailability',
  'ecr:GetDownloadUrlForLayer',
  'ecr:BatchGetImage',
];

const writeLogs = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'];

const documents = {
  AmazonECSTaskExecutionRolePolicy: allow([...pull, ...writeLogs]),
  AmazonEC2ContainerServiceforEC2Role: allow([
    'ec2:DescribeTags',
    'ecs:CreateCluster',
    'ecs:DeregisterContainerInstance',
    'ecs:DiscoverPollEndpoint',
    'ecs:ListTagsForResource',
    'ecs:Poll',
    'ecs:RegisterContainerInstance',
    'ecs:StartTelemetrySession',
    'ecs:Submit*',
    'ecs:UpdateContainerInstancesState',
    ...pull,
    ...writeLogs,
  ]),
  CloudWatchLogsFullAccess: allow(['logs:*', 'cloudwatch:GenerateQuery']),
} as const satisfies Readonly<Record<string, PolicyDocument>>;

export type ManagedPolicyName = keyof typeof documents;

/** The document of a managed policy; undefined when there is none of that name. */
export const managedPolicy = (name: string): PolicyDocument | undefined =>
  Object.hasOwn(documents, name) ? documents[name as ManagedPolicyName] : undefined;
