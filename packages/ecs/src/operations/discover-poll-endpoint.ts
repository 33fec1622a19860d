import type { Handler, ecs } from '@oreno/aws-wire';
import type { EcsContext } from '../context.ts';

/**
 * Tells a container agent where to open its websockets: at the address under which it reached this server.
 * Agents append `ws` and keep the answer for twelve hours.
 */
export const DiscoverPollEndpoint: Handler<ecs.Operations, 'DiscoverPollEndpoint', EcsContext> = async (
  _input,
  { origin },
) => ({ endpoint: `${origin}/acs/`, telemetryEndpoint: `${origin}/tcs/` });
