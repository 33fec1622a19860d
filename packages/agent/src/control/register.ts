/**
 * Joining: RegisterContainerInstance, for a new instance or the one that this agent was before. The attributes that
 * were sent with a value must come back with it, else the two sides do not mean the same instance.
 */
import { AwsError } from '@oreno/aws-wire';
import type { ecs } from '@oreno/aws-wire';
import type { Log } from '../domain/agent-runtime.ts';
import { createBackoff } from './backoff.ts';
import type { ControlPlane } from './control-plane.ts';

export interface Registration {
  readonly cluster: string;
  /** The instance that this agent was before. */
  readonly containerInstanceArn: string | undefined;
  readonly attributes: readonly ecs.Attribute[];
  readonly totalResources: readonly ecs.Resource[];
  readonly tags: readonly ecs.Tag[];
}

export interface Registered {
  readonly containerInstanceArn: string;
  readonly availabilityZone: string | undefined;
}

/** Errors that another attempt may not meet. */
const passing = new Set([
  'ServerException',
  'ThrottlingException',
  'LimitExceededException',
  'InternalFailure',
  'ServiceUnavailable',
]);

/** Registers, and tries again while the control plane does not answer. Throws AwsError when it refuses. */
export async function register(
  controlPlane: ControlPlane,
  registration: Registration,
  log: Log,
  signal: AbortSignal,
): Promise<Registered> {
  const backoff = createBackoff({ firstMs: 500, factor: 2, longestMs: 10_000, jitter: 0.2 });
  let triedCreate = false;
  for (;;) {
    try {
      return await attempt(controlPlane, registration, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      if (isClusterMissing(error) && registration.cluster === 'default' && !triedCreate) {
        triedCreate = true;
        await controlPlane.call('CreateCluster', { clusterName: 'default' }, { signal });
        continue;
      }
      if (error instanceof AwsError && !passing.has(error.code)) throw error;
      log('warn', 'cannot register the container instance; trying again', { error: String(error) });
    }
    await backoff.wait(signal);
    signal.throwIfAborted();
  }
}

const isClusterMissing = (error: unknown): boolean =>
  error instanceof AwsError &&
  (error.code === 'ClusterNotFoundException' || error.message.includes('Cluster not found.'));

async function attempt(
  controlPlane: ControlPlane,
  { containerInstanceArn, cluster, attributes, totalResources, tags }: Registration,
  signal: AbortSignal,
): Promise<Registered> {
  const input = {
    cluster,
    attributes: [...attributes],
    totalResources: [...totalResources],
    containerInstanceArn,
    instanceIdentityDocument: '',
    instanceIdentityDocumentSignature: '',
    ...(tags.length > 0 ? { tags: [...tags] } : {}),
  };
  const { containerInstance } = await controlPlane.call('RegisterContainerInstance', input, { signal });
  const arn = containerInstanceArn ?? containerInstance?.containerInstanceArn;
  if (arn === undefined) throw new Error('the control plane registered the instance without an ARN');
  const returned = new Map((containerInstance?.attributes ?? []).map(({ name, value }) => [name, value]));
  const wrong = attributes.filter(({ name, value }) => value && returned.get(name) !== value);
  if (wrong.length > 0)
    throw new AwsError(
      'AttributeException',
      `the control plane did not take the attributes ${wrong.map(({ name }) => name).join(', ')}`,
    );
  return { containerInstanceArn: arn, availabilityZone: returned.get('ecs.availability-zone') || undefined };
}
