/**
 * How services, their deployments and revisions are named. A service is named by its name or its ARN, in the
 * long format (with the cluster) or the old short one; its deployments and revisions by their ARNs alone.
 */
import type { Scope } from '../../records.ts';
import type { ServiceKey } from '../../service-records.ts';
import { formatArn } from '@oreno/aws-wire';
import { idInCluster } from '../cluster-reference.ts';
import { looksLikeArn, parseEcsArn } from '../ecs-arn.ts';
import { invalidParameter } from '../errors.ts';
import { deploymentIdOf } from './service-task.ts';

const ecsArn = ({ account, region }: Scope, resource: string): string =>
  formatArn({ partition: 'aws', service: 'ecs', region, account, resource });

export const serviceArn = (scope: Scope, clusterName: string, serviceName: string): string =>
  ecsArn(scope, `service/${clusterName}/${serviceName}`);

export const serviceDeploymentArn = (key: ServiceKey, serviceDeploymentId: string): string =>
  ecsArn(key, `service-deployment/${key.clusterName}/${key.serviceName}/${serviceDeploymentId}`);

export const serviceRevisionArn = (key: ServiceKey, revisionId: string): string =>
  ecsArn(key, `service-revision/${key.clusterName}/${key.serviceName}/${revisionId}`);

/** A task set by its short name, `ecs-svc/…`. */
export const namedTaskSetArn = (key: ServiceKey, name: string): string =>
  ecsArn(key, `task-set/${key.clusterName}/${key.serviceName}/${name}`);

export const taskSetArn = (key: ServiceKey, revisionId: string): string =>
  namedTaskSetArn(key, deploymentIdOf(revisionId));

/** The revision's id in a task set's short name (`ecs-svc/…`) or ARN; undefined for what names no set of the service. */
export const taskSetIdOf = (reference: string, key: ServiceKey): string | undefined => {
  const id = /(?:^|\/)ecs-svc\/(\d+)$/.exec(reference)?.[1];
  if (id === undefined) return undefined;
  return reference === deploymentIdOf(id) || reference === taskSetArn(key, id) ? id : undefined;
};

const serviceNames = /^[a-zA-Z0-9_-]{1,255}$/;

/** Refuses a name that no service can have: 1 to 255 letters, digits, hyphens and underscores (CreateService). */
export const validateServiceName = (name: string): void => {
  if (!serviceNames.test(name))
    throw invalidParameter(`Service name must match ${serviceNames.source}, but was ${name}`);
};

/** The service's name in a reference; throws InvalidParameterException for what cannot be one in this cluster. */
export const serviceNameOf = (reference: string, clusterName: string, scope: Scope): string =>
  idInCluster(reference, 'service', clusterName, scope);

/** A service, and something of it that has an ARN of its own. */
export interface PartOfService {
  readonly key: ServiceKey;
  readonly id: string;
}

/** Reads the ARN of a service deployment or revision; throws InvalidParameterException for any other text. */
export const partOfService = (
  arn: string,
  type: 'service-deployment' | 'service-revision',
  { account, region }: Scope,
): PartOfService => {
  const invalid = invalidParameter(`Invalid identifier: ${arn} is not the ARN of a ${type.replace('-', ' ')}.`);
  if (!looksLikeArn(arn)) throw invalid;
  const { type: found, segments } = parseEcsArn(arn, { account, region });
  const [clusterName, serviceName, id, ...rest] = segments;
  if (found !== type || clusterName === undefined || serviceName === undefined || id === undefined || rest.length > 0) {
    throw invalid;
  }
  return { key: { account, region, clusterName, serviceName }, id };
};
