/** Serves AWS calls over node:http. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from './log.ts';
import type { Authorizer, CredentialSource } from './ports.ts';
import type { Principal } from './request-context.ts';
import type { AwsService } from './service.ts';

export interface DispatcherOptions {
  readonly services: readonly AwsService[];
  readonly credentials: CredentialSource;
  readonly authorizer: Authorizer;
  readonly log: Log;
  /** The clock, in milliseconds since the epoch. */
  readonly now: () => number;
  /** The largest body of a call, in bytes, before and after decompression; 16 MiB when not given. */
  readonly maxBodyBytes?: number | undefined;
}

/** Who opened a websocket, and for which region the handshake was signed. */
export interface AuthenticatedCaller extends Principal {
  readonly region: string;
}

export interface Dispatcher {
  /** Answers one AWS call, whatever it is; never rejects. */
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** Checks the signature of a request without a body (a websocket handshake); throws {@link AwsError}. */
  authenticate(request: IncomingMessage): Promise<AuthenticatedCaller>;
}

export const createDispatcher = (options: DispatcherOptions): Dispatcher => {
  throw new Error(`not yet: ${options.services.length}`);
};
