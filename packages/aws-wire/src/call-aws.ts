/** A small typed client of AWS services that speak JSON, for the agent, the command line and tests. */
import type { OperationsShape } from './handlers.ts';
import type { ServiceModel } from './model.ts';
import type { Credentials } from './sigv4/sign.ts';

export interface CallOptions<Ops extends OperationsShape<Ops>, Name extends keyof Ops & string> {
  /** Scheme, host and port, for example `http://127.0.0.1:4566`. */
  readonly origin: string;
  readonly model: ServiceModel<Ops>;
  readonly operation: Name;
  readonly input: Ops[Name]['input'];
  readonly region: string;
  readonly credentials: Credentials;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds until the call is given up; 30,000 when not given. */
  readonly timeoutMs?: number | undefined;
  /** Milliseconds since the epoch; the system clock when not given. */
  readonly now?: (() => number) | undefined;
}

/** Makes one signed call and returns its output. Throws {@link AwsError} for what the service refuses. */
export const callAws = <Ops extends OperationsShape<Ops>, Name extends keyof Ops & string>(
  options: CallOptions<Ops, Name>,
): Promise<Ops[Name]['output']> => Promise.reject(new Error(`not yet: ${options.operation}`));
