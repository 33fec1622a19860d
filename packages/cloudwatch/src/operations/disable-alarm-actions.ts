import type { cloudwatch, Handler } from '@oreno/aws-wire';
import type { CloudWatchContext } from '../context.ts';
import { setActionsEnabled } from './set-actions-enabled.ts';

/** Holds alarms' actions back; their states change as ever. Names of no alarm are passed over. */
export const DisableAlarmActions: Handler<cloudwatch.Operations, 'DisableAlarmActions', CloudWatchContext> = (
  { AlarmNames },
  context,
) => setActionsEnabled(context, AlarmNames, false);
