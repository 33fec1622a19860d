/**
 * An event in EventBridge's envelope ("Events structure reference" in the EventBridge guide). What happened is written
 * beside the records, by the transaction of its change. Times are texts in ISO 8601, as they are in EventBridge's JSON.
 */

/** Whose an event is: the registry of an account in a region. */
export interface EventScope {
  readonly account: string;
  readonly region: string;
}

/** The service that an event is of. */
export type EventSource = 'aws.ecr' | 'aws.ecs';

export interface AwsEvent {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: EventSource;
  readonly account: string;
  /** To the second. */
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}

/** What happened, before it has an id and a time. */
export interface EventDraft {
  readonly source: EventSource;
  readonly detailType: string;
  readonly scope: EventScope;
  readonly resources: readonly string[];
  /** Times in members that end in `At` are milliseconds since the epoch. */
  readonly detail: object;
}

/** What is kept of an event. Its envelope and its texts are made by who reads it: far more are written than read. */
export interface KeptEvent extends Omit<EventDraft, 'scope'> {
  readonly id: string;
}

const member = (name: string, value: unknown): unknown =>
  name.endsWith('At') && typeof value === 'number' ? new Date(value).toISOString() : withTexts(value);

/** The same value with its times as texts. */
const withTexts = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(withTexts);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, member(name, each)]));
};

/** The envelope around what happened at `at` (milliseconds since the epoch). */
export const awsEvent = ({ account, region }: EventScope, at: number, kept: KeptEvent): AwsEvent => ({
  version: '0',
  id: kept.id,
  'detail-type': kept.detailType,
  source: kept.source,
  account,
  time: `${new Date(at).toISOString().slice(0, 19)}Z`,
  region,
  resources: kept.resources,
  detail: withTexts(kept.detail) as AwsEvent['detail'],
});
