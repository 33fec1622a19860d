/** A cluster's settings for ECS Exec and managed storage. Page: ExecuteCommandConfiguration in the API reference. */
import { AwsError, type ecs } from '@oreno/aws-wire';
import { invalidParameter } from '../errors.ts';

/**
 * Refuses a configuration that contradicts itself (InvalidParameterException), and keys for storage, which nothing
 * here would encrypt with (UnsupportedFeatureException).
 */
export const validateClusterConfiguration = (configuration: ecs.ClusterConfiguration | undefined): void => {
  const storage = configuration?.managedStorageConfiguration;
  if (Object.values(storage ?? {}).some((key) => key !== undefined && key !== '')) {
    throw new AwsError('UnsupportedFeatureException', 'Encryption of managed storage is not available here.');
  }
  const execute = configuration?.executeCommandConfiguration;
  if (execute === undefined) return;
  if (execute.logging === 'OVERRIDE' && execute.logConfiguration === undefined) {
    throw invalidParameter('A logConfiguration must be specified when logging is OVERRIDE.');
  }
  if (execute.logging !== 'OVERRIDE' && execute.logConfiguration !== undefined) {
    throw invalidParameter('A logConfiguration can only be specified when logging is OVERRIDE.');
  }
};
