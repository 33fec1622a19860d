/** What the effects of a container's steps work with. */
import type { Engine } from '@oreno/engine';
import type { AgentState } from '../domain/agent-state.ts';
import type { Log } from '../domain/agent-runtime.ts';
import type { LogOptions } from '../domain/log-options.ts';
import type { ContainerState, TaskState } from '../domain/task-state.ts';
import type { ResolveImage } from '../images/image-name.ts';
import type { PulledImage, PullTimings } from '../images/pull-image.ts';
import type { RegistryAuthenticator } from '../images/registry-auth.ts';
import type { TaskNetworks } from '../networks/awsvpc-network.ts';
import type { TaskCgroups } from './task-cgroup.ts';

export interface StepTools {
  readonly engine: Engine;
  readonly state: AgentState;
  /** Tells this agent's containers, volumes and networks from another's. */
  readonly agentId: string;
  readonly cgroups: TaskCgroups;
  readonly networks: TaskNetworks;
  readonly logOptions: LogOptions;
  readonly registries: RegistryAuthenticator;
  readonly resolveImage: ResolveImage;
  readonly pullTimings: PullTimings;
  /** The id of the pause image, which is on the engine then. */
  readonly pauseImage: () => Promise<string>;
  /** A container uses an image that came from a registry: the clean-up of images learns of it. */
  readonly onUsed: (reference: string, image: PulledImage) => void;
  readonly log: Log;
  readonly now: () => number;
}

/** One step of one container under way. */
export interface Work {
  readonly task: TaskState;
  readonly container: ContainerState;
  readonly signal: AbortSignal;
}
