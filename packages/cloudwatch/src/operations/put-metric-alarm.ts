import { validateTags } from '@oreno/aws-wire';
import type { cloudwatch, Handler } from '@oreno/aws-wire';
import type { CloudWatchContext } from '../context.ts';
import { metricAlarmSettings } from '../domain/alarm/check-alarm.ts';
import { saveAlarm } from './save-alarm.ts';

/** Makes or wholly replaces a metric alarm. */
export const PutMetricAlarm: Handler<cloudwatch.Operations, 'PutMetricAlarm', CloudWatchContext> = async (
  input,
  context,
) => {
  validateTags(input.Tags, { code: 'ValidationError' });
  const metric = metricAlarmSettings(input);
  await context.store.update((transaction) => saveAlarm(transaction, context, input, { metric }));
};
