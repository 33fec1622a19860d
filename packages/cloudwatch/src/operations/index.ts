import type { Handlers, cloudwatch } from '@oreno/aws-wire';
import type { CloudWatchContext } from '../context.ts';

/** The operations that this server answers; the others of the model are unsupported. */
export const handlers: Handlers<cloudwatch.Operations, CloudWatchContext> = {};
