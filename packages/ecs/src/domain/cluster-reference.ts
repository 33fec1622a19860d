/**
 * How a request names a cluster: by its name, by its ARN, or not at all, which means the cluster `default`; so does
 * the empty text, which SDKs of languages without absent texts send.
 */
import type { Scope } from '../records.ts';
import { looksLikeArn, parseEcsArn } from './ecs-arn.ts';
import { invalidParameter } from './errors.ts';

export const DEFAULT_CLUSTER = 'default';

const NAME = /^[a-zA-Z0-9\-_]{1,255}$/;

/** Refuses a name that no cluster can have: 1 to 255 letters, digits, hyphens and underscores (CreateCluster). */
export const validateClusterName = (name: string): string => {
  if (!NAME.test(name)) throw invalidParameter(`Cluster must match ${NAME.source}, but was ${name}`);
  return name;
};

/**
 * The name of the cluster that a request means. Throws InvalidParameterException for what is neither a name
 * nor an ARN of a cluster in the caller's region, AccessDeniedException for another account's ARN.
 */
export const clusterNameOf = (reference: string | undefined, scope: Scope): string => {
  if (reference === undefined || reference === '') return DEFAULT_CLUSTER;
  if (!looksLikeArn(reference)) return validateClusterName(reference);
  const { type, segments } = parseEcsArn(reference, scope);
  const [name = ''] = segments;
  if (type !== 'cluster' || segments.length !== 1) {
    throw invalidParameter(`Invalid identifier: Unexpected number of separators in ${reference}`);
  }
  return validateClusterName(name);
};

/**
 * The last segment of a container instance's or task's identifier in a cluster: the id itself, or an ARN in the
 * long (`<type>/<cluster>/<id>`) or the old short format. Throws InvalidParameterException for an ARN of another
 * type, region or cluster.
 */
export const idInCluster = (reference: string, type: string, clusterName: string, scope: Scope): string => {
  if (!looksLikeArn(reference)) {
    if (reference === '' || reference.includes('/')) {
      throw invalidParameter(`Invalid identifier: Unexpected number of separators in ${reference}`);
    }
    return reference;
  }
  const arn = parseEcsArn(reference, scope);
  const [first = '', second] = arn.segments;
  if (arn.type !== type || arn.segments.length > 2) {
    throw invalidParameter(`Invalid identifier: Expected an identifier of a ${type}, but was ${reference}`);
  }
  if (second === undefined) return first;
  if (first !== clusterName) {
    throw invalidParameter(`Invalid identifier: Identifier is for cluster ${first}. Your cluster is ${clusterName}`);
  }
  return second;
};
