/**
 * Whether a container agent can be updated. Pages: UpdateContainerAgent in the API reference, "Updating the
 * Amazon ECS container agent" in the developer guide.
 */
import { AwsError } from '@oreno/aws-wire';
import type { ContainerInstanceRecord } from '../../records.ts';

const UNDER_WAY: ReadonlySet<string> = new Set(['PENDING', 'STAGING', 'STAGED', 'UPDATING']);

/** The exception that UpdateContainerAgent answers: no release of the agent is offered here, so there always is one. */
export const agentUpdateRefusal = ({ agentUpdateStatus, versionInfo }: ContainerInstanceRecord): AwsError => {
  if (agentUpdateStatus !== undefined && UNDER_WAY.has(agentUpdateStatus)) {
    return new AwsError(
      'UpdateInProgressException',
      'There is already an update in progress for your container agent.',
    );
  }
  if (versionInfo?.agentVersion === undefined) {
    return new AwsError('MissingVersionException', 'The version of your container agent could not be determined.');
  }
  return new AwsError('NoUpdateAvailableException', 'There is no update available for your container agent.');
};
