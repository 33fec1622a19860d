/** What an agent is started with, and what it gives. */
import type { CredentialProvider, Log } from './domain/agent-runtime.ts';
import type { AgentState } from './domain/agent-state.ts';
import type { PullTimings } from './images/pull-image.ts';

export interface AgentOptions {
  /** The control plane: scheme, host and port. */
  readonly endpoint: string;
  readonly region: string;
  /** Name or ARN. */
  readonly cluster: string;
  readonly credentials: CredentialProvider;
  /** Belongs to this agent alone; its path tells this agent's containers from another's on the same engine. */
  readonly dataDir: string;
  /** `/var/run/docker.sock` when absent. */
  readonly dockerHost?: string | undefined;
  readonly log: Log;
  readonly instanceAttributes?: Readonly<Record<string, string>> | undefined;
  readonly availabilityZone?: string | undefined;
  readonly tags?: Readonly<Record<string, string>> | undefined;
  /** MiB kept from the cluster. */
  readonly reservedMemory?: number | undefined;
  readonly reservedPorts?: readonly number[] | undefined;
  readonly reservedPortsUdp?: readonly number[] | undefined;
  /** From STOPPED to the removal of a task's containers; three hours when absent. Milliseconds. */
  readonly cleanupWaitMs?: number | undefined;
  /** Between two looks for unused images (half an hour), and how old they must be (an hour). Milliseconds. */
  readonly imageCleanupEveryMs?: number | undefined;
  readonly imageMinimumAgeMs?: number | undefined;
  /** Where a container has no `stopTimeout`; 30 when absent. */
  readonly defaultStopTimeoutSeconds?: number | undefined;
  readonly pullTimings?: PullTimings | undefined;
  /** Ports of the agent's own servers; 0 is any free one. */
  readonly ports?:
    | {
        readonly metadata?: number | undefined;
        readonly introspection?: number | undefined;
        readonly logs?: number | undefined;
      }
    | undefined;
  /** False leaves the machine's firewall alone; tasks then reach their metadata only where rules lead there already. */
  readonly hostRules?: boolean | undefined;
  /** How long to wait for the engine at the start; 30,000 when absent. Milliseconds. */
  readonly engineWaitMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly now?: (() => number) | undefined;
}

export interface Agent {
  readonly containerInstanceArn: string;
  /** What the agent knows, for status displays and tests. */
  readonly state: AgentState;
  /** Stops the agent; containers go on running and are found again at the next start. */
  stop(): Promise<void>;
  /** Asks every task to stop and resolves when all have; the agent goes on. */
  stopTasks(): Promise<void>;
}
