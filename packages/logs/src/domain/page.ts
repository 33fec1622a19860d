/** What the reading operations share: how large a page is, and how far back a group shows. */
import type { LogGroupRecord } from '../records.ts';

/** Most bytes of messages in one answer, as CloudWatch Logs limits it. */
export const pageBytes = 1_048_576;

/** The oldest timestamp that the group's retention still shows at the time `now`. */
export const oldestShown = (group: LogGroupRecord, now: number): number =>
  group.retentionInDays === undefined ? 0 : now - group.retentionInDays * 86_400_000;
