export { openEventList } from './event-list.ts';
export type { EventList, EventPage } from './event-list.ts';
export { openEventWriter } from './event-writer.ts';
export type { EventWriter } from './event-writer.ts';
export type { AwsEvent, EventDraft, EventScope, EventSource } from './event.ts';
export { eventsAreKept, reapEvents } from './reap-events.ts';
