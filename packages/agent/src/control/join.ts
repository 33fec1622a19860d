/**
 * Which container instance this agent is: the one that its state says, else the one that its containers carry (the
 * state was lost), else a new one.
 */
import { AwsError } from '@oreno/aws-wire';
import type { Engine } from '@oreno/engine';
import type { Log } from '../domain/agent-runtime.ts';
import { clusterLabel, instanceLabel } from '../domain/labels.ts';
import { listOwnContainers } from '../lifecycle/recover.ts';
import type { SavedInstance } from '../storage/journal.ts';
import type { ControlPlane } from './control-plane.ts';
import { register } from './register.ts';
import type { Registered, Registration } from './register.ts';

export interface JoinOptions extends Omit<Registration, 'containerInstanceArn'> {
  readonly engine: Engine;
  readonly controlPlane: ControlPlane;
  readonly agentId: string;
  readonly saved: SavedInstance | undefined;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Registers. Throws when the state belongs to another cluster, or the control plane refuses. */
export async function joinAs(options: JoinOptions): Promise<Registered> {
  const { saved, cluster, controlPlane, log, signal } = options;
  if (saved && nameOf(saved.cluster) !== nameOf(cluster))
    throw new Error(
      `this data folder belongs to a container instance of cluster ${saved.cluster}, not ${cluster}: use another folder`,
    );
  const attempt = (containerInstanceArn: string | undefined) =>
    register(controlPlane, { ...options, containerInstanceArn }, log, signal);
  if (saved) return attempt(saved.containerInstanceArn);
  const remembered = await instanceOnEngine(options);
  if (remembered === undefined) return attempt(undefined);
  try {
    log('warn', 'the state of this agent was lost; going on as the instance its containers carry', { remembered });
    return await attempt(remembered);
  } catch (error) {
    if (!(error instanceof AwsError)) throw error;
    log('warn', 'the control plane does not know that instance any more; joining as a new one', {
      error: error.message,
    });
    return attempt(undefined);
  }
}

/** The instance of the newest of this agent's containers in this cluster. */
async function instanceOnEngine({ engine, agentId, cluster }: JoinOptions): Promise<string | undefined> {
  const containers = await listOwnContainers(engine, agentId);
  const newest = containers
    .filter(({ Labels }) => nameOf(Labels[clusterLabel] ?? '') === nameOf(cluster))
    .toSorted((left, right) => right.Created - left.Created)[0];
  return newest?.Labels[instanceLabel];
}

/** A cluster may be given by name or by ARN. */
const nameOf = (cluster: string): string => cluster.slice(cluster.lastIndexOf('/') + 1);
