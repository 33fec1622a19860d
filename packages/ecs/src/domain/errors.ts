/**
 * The exceptions that several ECS operations answer, with the texts that clients match on
 * (Amazon ECS API reference, "Common Errors" and the errors of each operation).
 */
import { AwsError } from '@oreno/aws-wire';

/** A request that names something that is not there or cannot be done to it. */
export const clientException = (message: string): AwsError => new AwsError('ClientException', message);

/** A parameter of the request that ECS does not accept. */
export const invalidParameter = (message: string): AwsError => new AwsError('InvalidParameterException', message);

export const clusterNotFound = (): AwsError => new AwsError('ClusterNotFoundException', 'Cluster not found.');

/** An identifier of another account: its policy would have to allow it, and no account trusts another here. */
export const accessDenied = (): AwsError =>
  new AwsError('AccessDeniedException', "You don't have authorization to perform the requested action.");
