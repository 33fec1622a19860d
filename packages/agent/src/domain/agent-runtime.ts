/**
 * What the core hands to every part of the agent that runs beside it (endpoints, log spool, telemetry). A part is
 * started with this and gives back something to stop.
 */
import type { Engine } from '@oreno/engine';
import type { AgentState } from './agent-state.ts';

export type Log = (
  level: 'debug' | 'info' | 'warn' | 'error',
  message: string,
  fields?: Readonly<Record<string, unknown>>,
) => void;

export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export type CredentialProvider = () => AwsCredentials | Promise<AwsCredentials>;

/** Where the control plane wants the two websockets; kept for twelve hours and while it does not answer. */
export interface PollEndpoints {
  readonly endpoint: string;
  readonly telemetryEndpoint: string;
}

export interface AgentRuntime {
  readonly state: AgentState;
  readonly engine: Engine;
  /** Scheme, host and port of the control plane. */
  readonly endpoint: string;
  readonly region: string;
  readonly cluster: string;
  /** The instance's own credentials, asked for at each use. */
  readonly credentials: CredentialProvider;
  readonly discoverPollEndpoint: () => Promise<PollEndpoints>;
  /** Owner-only folder of this agent; a part keeps its files in a folder of its own below it. */
  readonly dataDir: string;
  readonly log: Log;
  readonly now: () => number;
  /** Aborted when the agent stops. */
  readonly signal: AbortSignal;
}

export interface AgentPart {
  stop(): Promise<void>;
}
