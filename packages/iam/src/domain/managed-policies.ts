/**
 * The AWS managed policies that sessions of oreno's own making carry, by name (AWS managed policy reference). Both
 * ECS policies also allow `logs:CreateLogGroup` here: without IAM's own roles nobody could attach the extra
 * policy that AWS's documentation asks for with `awslogs-create-group`.
 */
import type { PolicyDocument } from './policy.ts';

const allow = (actions: readonly string[], resource = '*'): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: actions, Resource: resource }],
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

/** Whose policies they are: `arn:aws:sts::<account>:assumed-role/<role>/<session name>`. */
interface Session {
  readonly account: string;
  readonly arn: string;
}

/**
 * What a session may do with what it is named after. A task's sessions have its id as their name, and ask for its own
 * protection ("Amazon ECS task scale-in protection endpoint" in the developer guide).
 */
const ownDocuments = {
  OwnTaskProtection: ({ account, arn }: Session) => {
    const taskId = arn.slice(arn.lastIndexOf('/') + 1);
    return allow(['ecs:GetTaskProtection', 'ecs:UpdateTaskProtection'], `arn:aws:ecs:*:${account}:task/*/${taskId}`);
  },
} as const satisfies Readonly<Record<string, (session: Session) => PolicyDocument>>;

export type ManagedPolicyName = keyof typeof documents | keyof typeof ownDocuments;

/** The document of a session's policy; undefined when there is none of that name. */
export const managedPolicy = (name: string, session: Session): PolicyDocument | undefined => {
  if (Object.hasOwn(documents, name)) return documents[name as keyof typeof documents];
  return Object.hasOwn(ownDocuments, name) ? ownDocuments[name as keyof typeof ownDocuments](session) : undefined;
};
