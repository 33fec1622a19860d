/** The calls of the ECS API that the agent makes, signed with the instance's credentials. */
import { callAws, ecsModel } from '@oreno/aws-wire';
import type { ecs } from '@oreno/aws-wire';
import type { CredentialProvider } from '../domain/agent-runtime.ts';

export interface ControlPlane {
  call<Name extends keyof ecs.Operations>(
    operation: Name,
    input: ecs.Operations[Name]['input'],
    options?: { readonly signal?: AbortSignal | undefined; readonly timeoutMs?: number | undefined },
  ): Promise<ecs.Operations[Name]['output']>;
}

export interface ControlPlaneOptions {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: CredentialProvider;
  readonly now: () => number;
}

/** A client of the control plane at `endpoint`. Calls throw AwsError for refusals, other errors when nobody answers. */
export const openControlPlane = (options: ControlPlaneOptions): ControlPlane => ({
  call: async (operation, input, { signal, timeoutMs } = {}) =>
    callAws({
      origin: options.endpoint,
      model: ecsModel,
      operation,
      input,
      region: options.region,
      credentials: await options.credentials(),
      signal,
      timeoutMs: timeoutMs ?? 42_000,
      now: options.now,
    }),
});
