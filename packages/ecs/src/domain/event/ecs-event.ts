/**
 * An event of ECS in EventBridge's envelope ("Events structure reference" in the EventBridge guide, "Amazon ECS
 * events" in the ECS developer guide). Times are texts in ISO 8601, as they are in EventBridge's JSON.
 */
import type { Scope } from '../../records.ts';

export type DetailType =
  | 'ECS Task State Change'
  | 'ECS Container Instance State Change'
  | 'ECS Service Action'
  | 'ECS Deployment State Change';

export interface EcsEvent {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': DetailType;
  readonly source: 'aws.ecs';
  readonly account: string;
  /** To the second. */
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}

/** What happened, before it has an id and a time. */
export interface EventDraft {
  readonly detailType: DetailType;
  readonly scope: Scope;
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
export const ecsEvent = ({ account, region }: Scope, at: number, kept: KeptEvent): EcsEvent => ({
  version: '0',
  id: kept.id,
  'detail-type': kept.detailType,
  source: 'aws.ecs',
  account,
  time: `${new Date(at).toISOString().slice(0, 19)}Z`,
  region,
  resources: kept.resources,
  detail: withTexts(kept.detail) as EcsEvent['detail'],
});
