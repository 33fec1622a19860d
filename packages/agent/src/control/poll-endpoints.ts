import type { Log, PollEndpoints } from '../domain/agent-runtime.ts';
import type { ControlPlane } from './control-plane.ts';

const KEEP_MS = 12 * 3_600_000;

export interface PollEndpointsOptions {
  readonly controlPlane: ControlPlane;
  readonly cluster: string;
  readonly containerInstanceArn: string;
  readonly log: Log;
  readonly now: () => number;
}

/**
 * DiscoverPollEndpoint with its answer kept for twelve hours, and longer while nobody answers. Calls made at once
 * share one request.
 */
export function createPollEndpoints(options: PollEndpointsOptions): () => Promise<PollEndpoints> {
  let kept: { readonly endpoints: PollEndpoints; readonly at: number } | undefined;
  let asking: Promise<PollEndpoints> | undefined;

  const ask = async (): Promise<PollEndpoints> => {
    try {
      const { endpoint, telemetryEndpoint } = await options.controlPlane.call('DiscoverPollEndpoint', {
        cluster: options.cluster,
        containerInstance: options.containerInstanceArn,
      });
      if (!endpoint || !telemetryEndpoint) throw new Error('the control plane named no endpoints');
      kept = { endpoints: { endpoint, telemetryEndpoint }, at: options.now() };
      return kept.endpoints;
    } catch (error) {
      if (!kept) throw error;
      options.log('warn', 'cannot discover the endpoints anew; using those known', { error: String(error) });
      return kept.endpoints;
    }
  };

  return () => {
    if (kept && options.now() - kept.at < KEEP_MS) return Promise.resolve(kept.endpoints);
    asking ??= ask().finally(() => {
      asking = undefined;
    });
    return asking;
  };
}
