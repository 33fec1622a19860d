import { validateTags } from '@oreno/aws-wire';
import type { cloudwatch, Handler } from '@oreno/aws-wire';
import { readChildren } from '../composite-children.ts';
import type { CloudWatchContext } from '../context.ts';
import { alarmsOf, parseAlarmRule } from '../domain/alarm/alarm-rule.ts';
import { validationError } from '../domain/errors.ts';
import { saveAlarm } from './save-alarm.ts';

/** Makes or wholly replaces a composite alarm: a rule over the states of other alarms, which have to be there. */
export const PutCompositeAlarm: Handler<cloudwatch.Operations, 'PutCompositeAlarm', CloudWatchContext> = async (
  input,
  context,
) => {
  validateTags(input.Tags, { code: 'ValidationError' });
  if (
    input.ActionsSuppressor !== undefined ||
    input.ActionsSuppressorWaitPeriod !== undefined ||
    input.ActionsSuppressorExtensionPeriod !== undefined
  ) {
    throw validationError('Action suppression is not available here: alarm actions are not carried out.');
  }
  const named = alarmsOf(parseAlarmRule(input.AlarmRule));
  await context.store.update(async (transaction) => {
    const children = new Set((await readChildren(transaction, context, named)).map((child) => child.named));
    const missing = named.filter((name) => !children.has(name));
    if (missing.length > 0) {
      throw validationError(
        `Could not save the composite alarm as alarms [${missing.join(', ')}] in the alarm rule do not exist`,
      );
    }
    await saveAlarm(transaction, context, input, { composite: { alarmRule: input.AlarmRule } });
  });
};
