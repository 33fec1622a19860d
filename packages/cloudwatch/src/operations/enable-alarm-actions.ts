import type { cloudwatch, Handler } from '@oreno/aws-wire';
import type { CloudWatchContext } from '../context.ts';
import { setActionsEnabled } from './set-actions-enabled.ts';

/** Lets alarms' actions be due again. Names of no alarm are passed over. */
export const EnableAlarmActions: Handler<cloudwatch.Operations, 'EnableAlarmActions', CloudWatchContext> = (
  { AlarmNames },
  context,
) => setActionsEnabled(context, AlarmNames, true);
