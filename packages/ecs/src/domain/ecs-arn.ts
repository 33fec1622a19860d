/**
 * The ARNs of ECS's resources, written in the long format (which names the cluster) and read in both.
 * Page: "Amazon Resource Name (ARN)" in the ECS developer guide.
 */
import { formatArn, parseArn } from '@oreno/aws-wire';
import type { Scope } from '../records.ts';
import { accessDenied, clientException, invalidParameter } from './errors.ts';

const ecsArn = (scope: Scope, resource: string): string =>
  formatArn({ partition: 'aws', service: 'ecs', region: scope.region, account: scope.account, resource });

export const clusterArn = (scope: Scope, clusterName: string): string => ecsArn(scope, `cluster/${clusterName}`);

export const taskDefinitionArn = (scope: Scope, family: string, revision: number): string =>
  ecsArn(scope, `task-definition/${family}:${revision}`);

/** What a policy names to mean every revision of a family. */
export const everyRevisionArn = (scope: Scope, family: string): string => ecsArn(scope, `task-definition/${family}:*`);

export const taskArn = (scope: Scope, clusterName: string, taskId: string): string =>
  ecsArn(scope, `task/${clusterName}/${taskId}`);

export const capacityProviderArn = (scope: Scope, name: string): string => ecsArn(scope, `capacity-provider/${name}`);

export const containerInstanceArn = (scope: Scope, clusterName: string, containerInstanceId: string): string =>
  ecsArn(scope, `container-instance/${clusterName}/${containerInstanceId}`);

/** What stands behind the account: `cluster/<name>` is type `cluster` and one segment. */
export interface EcsResourceName {
  readonly type: string;
  readonly segments: readonly string[];
}

export const looksLikeArn = (text: string): boolean => text.startsWith('arn:');

/**
 * Reads an ARN of ECS in the caller's account and region.
 * Throws ClientException when it is no ARN of ECS, InvalidParameterException "Invalid Region in ARN" for
 * another region, AccessDeniedException for another account.
 */
export const parseEcsArn = (text: string, scope: Scope): EcsResourceName => {
  const arn = parseArn(text);
  if (arn === undefined) throw clientException('Invalid arn syntax.');
  if (arn.service !== 'ecs') throw invalidParameter('Invalid service in ARN');
  if (arn.region !== scope.region) throw invalidParameter('Invalid Region in ARN');
  if (arn.account !== scope.account) throw accessDenied();
  const [type = '', ...segments] = arn.resource.split('/');
  if (segments.length === 0 || segments.includes('')) throw clientException('Invalid arn syntax.');
  return { type, segments };
};
