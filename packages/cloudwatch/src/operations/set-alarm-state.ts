import { AwsError } from '@oreno/aws-wire';
import type { cloudwatch, Handler } from '@oreno/aws-wire';
import { changeState, findAlarm } from '../alarm-store.ts';
import type { CloudWatchContext } from '../context.ts';
import { nextEvaluation } from '../domain/alarm/window.ts';

/** Whoever looks now and then sees it at least for so long. */
const shortestHold = 5_000;

const checkJson = (text: string | undefined): void => {
  if (text === undefined) return;
  try {
    JSON.parse(text);
  } catch {
    throw new AwsError('InvalidFormatFault', 'StateReasonData is not valid JSON.');
  }
};

/** Sets an alarm's state for a while, to try out what hangs on it: the next evaluation may change it again. */
export const SetAlarmState: Handler<cloudwatch.Operations, 'SetAlarmState', CloudWatchContext> = async (
  { AlarmName, StateValue: value, StateReason: reason, StateReasonData: reasonData },
  { store, account, region, now },
) => {
  checkJson(reasonData);
  await store.update(async (transaction) => {
    const alarm = await findAlarm(transaction, { account, region }, AlarmName);
    if (alarm === undefined) throw new AwsError('ResourceNotFound', `Alarm ${AlarmName} does not exist`);
    const at = now();
    const heldUntil = nextEvaluation(alarm.metric?.period ?? 60, at + shortestHold);
    await changeState(transaction, alarm, { value, reason, reasonData, heldUntil }, at);
  });
};
