import { setTimeout as delay } from 'node:timers/promises';
import type { AwsError } from '@oreno/aws-wire';
import type { Log } from '../domain/agent-runtime.ts';
import { decideBatch, joinEvents } from './forward-batch.ts';
import { type Backoff, createForwardGate, type ForwardGate, nextDelay } from './forward-gate.ts';
import { createSemaphore } from './semaphore.ts';
import type { LogEvent, SpoolRecordHeader } from './spool-record.ts';
import type { SpoolStore, StoredRecord } from './spool-store.ts';
import { concernsOneStream, type LogsUpstream, outcomeOf } from './upstream.ts';

/**
 * Sends what the spool holds to the control plane: in order within a stream, streams side by side. An entry is done
 * with when the server took it or finally refused it; everything else is tried again for ever. What is refused is
 * counted and logged once per stream and reason. Delivery is at least once: a batch whose answer was lost is sent
 * again.
 */
export interface Forwarder {
  readonly enqueue: (record: StoredRecord) => void;
  readonly gate: ForwardGate;
  /** Entries that wait, and events given up since the start. */
  readonly counts: () => { readonly pending: number; readonly dropped: number };
  /** Resolves when nothing waits. */
  readonly idle: () => Promise<void>;
  /** Lets the calls under way end, starts no other. */
  readonly stop: () => Promise<void>;
}

export interface ForwarderOptions {
  readonly store: SpoolStore;
  readonly upstream: LogsUpstream;
  readonly log: Log;
  readonly now: () => number;
  readonly backoff?: Backoff;
  /** Milliseconds one call may take; 30,000 when absent. */
  readonly timeoutMs?: number;
  /** Streams sent at once; 8 when absent. */
  readonly concurrency?: number;
}

interface StreamQueue {
  readonly records: StoredRecord[];
  retryMs: number;
}

const queueKey = ({ region, group, stream }: SpoolRecordHeader): string => `${region}\n${group}\n${stream}`;

/** Starts a forwarder over a store; what the store recovered is not enqueued by itself. */
export const createForwarder = (options: ForwarderOptions): Forwarder => {
  const { store, upstream, log, now, timeoutMs = 30_000 } = options;
  const backoff = options.backoff ?? { firstMs: 200, longestMs: 10_000 };
  const gate = createForwardGate(backoff, now);
  const limited = createSemaphore(options.concurrency ?? 8);
  const stopping = new AbortController();
  const queues = new Map<string, StreamQueue>();
  const workers = new Set<Promise<void>>();
  const warned = new Set<string>();
  let idleWaiters: (() => void)[] = [];
  let dropped = 0;

  const call = async (operation: string, input: unknown, region: string): Promise<unknown> => {
    const output = await upstream.call(operation, input, { region, timeoutMs });
    answered();
    return output;
  };

  const answered = (): void => {
    if (!gate.open()) log('info', 'log spool: the control plane takes log events again');
    gate.succeeded();
  };

  const unanswered = (error: unknown): void => {
    if (gate.open()) {
      log('warn', 'log spool: the control plane does not take log events; they are kept', { error: String(error) });
    }
    gate.failed();
  };

  const giveUp = (header: SpoolRecordHeader, events: number, reason: string): void => {
    dropped += events;
    const key = `${queueKey(header)}\n${reason}`;
    if (warned.has(key)) return;
    if (warned.size > 1000) warned.clear();
    warned.add(key);
    const { group, stream, region } = header;
    const what =
      header.kind === 'events' ? 'the server refused log events; they are dropped' : `${header.kind} was refused`;
    log('warn', `log spool: ${what}`, { group, stream, region, reason, dropped });
  };

  /** Makes the stream, and its group where that was asked for. Throws what the server says otherwise. */
  const createStream = async ({ region, group, stream, createGroup }: SpoolRecordHeader): Promise<void> => {
    const input = { logGroupName: group, logStreamName: stream };
    const ignoreExisting = (error: unknown): void => {
      if (outcomeOf(error) !== 'exists') throw error;
    };
    try {
      await call('CreateLogStream', input, region).catch(ignoreExisting);
    } catch (error) {
      if (outcomeOf(error) !== 'missing' || !createGroup) throw error;
      await call('CreateLogGroup', { logGroupName: group }, region).catch(ignoreExisting);
      await call('CreateLogStream', input, region).catch(ignoreExisting);
    }
  };

  const putEvents = async (header: SpoolRecordHeader, logEvents: readonly LogEvent[]): Promise<void> => {
    const { region, group: logGroupName, stream: logStreamName } = header;
    const put = (): Promise<unknown> => call('PutLogEvents', { logGroupName, logStreamName, logEvents }, region);
    let output: unknown;
    try {
      output = await put();
    } catch (error) {
      // The group was deleted under a running container: `awslogs-create-group` asked for it to be there.
      if (outcomeOf(error) !== 'missing' || !header.createGroup) throw error;
      await createStream(header);
      output = await put();
    }
    const rejected = (output as { readonly rejectedLogEventsInfo?: object } | undefined)?.rejectedLogEventsInfo;
    if (rejected !== undefined) {
      log('warn', 'log spool: the server left out events for their time', { logGroupName, logStreamName, ...rejected });
    }
  };

  const readEvents = async (batch: readonly StoredRecord[]): Promise<LogEvent[]> => {
    const bodies = await Promise.all(batch.map((record) => store.read(record)));
    const lists: LogEvent[][] = [];
    for (const [at, body] of bodies.entries()) {
      const record = batch[at];
      if (body === undefined && record !== undefined) giveUp(record.header, record.header.count, 'unreadable on disk');
      // Written by this program and vouched for by a checksum.
      else if (body !== undefined) lists.push(JSON.parse(body.toString()) as LogEvent[]);
    }
    return joinEvents(lists);
  };

  const send = async (batch: readonly StoredRecord[]): Promise<void> => {
    const header = batch[0]?.header;
    if (header === undefined) return;
    if (header.kind === 'create-stream') return createStream(header);
    if (header.kind === 'events') {
      const events = await readEvents(batch);
      return events.length === 0 ? undefined : putEvents(header, events);
    }
    const body = batch[0] === undefined ? undefined : await store.read(batch[0]);
    const input: unknown = body === undefined ? { logGroupName: header.group } : JSON.parse(body.toString());
    await call('CreateLogGroup', input, header.region);
  };

  /** Sends one batch and says how many entries of the queue are done with. */
  const attempt = async (queue: StreamQueue, size: number): Promise<number> => {
    const batch = queue.records.slice(0, size);
    try {
      await limited(() => send(batch));
      queue.retryMs = 0;
      return size;
    } catch (error) {
      const outcome = outcomeOf(error);
      if (outcome === 'exists') return size;
      if (outcome === 'retry') {
        log('debug', 'log spool: a forward failed and is tried again', { error: String(error) });
        queue.retryMs = nextDelay(queue.retryMs, backoff);
        if (concernsOneStream(error)) await delay(queue.retryMs, undefined, { signal: stopping.signal });
        else unanswered(error);
        return 0;
      }
      answered();
      // One bad batch among several joined ones must not take the others with it.
      if (size > 1) {
        let done = 0;
        while (done < size && (await attemptFirst({ records: queue.records.slice(done), retryMs: 0 }))) done += 1;
        return done;
      }
      const refused = batch[0]?.header;
      if (refused !== undefined) giveUp(refused, refused.count, (error as AwsError).message);
      return size;
    }
  };
  const attemptFirst = async (queue: StreamQueue): Promise<boolean> => (await attempt(queue, 1)) === 1;

  const work = async (key: string, queue: StreamQueue): Promise<void> => {
    while (queue.records.length > 0 && !stopping.signal.aborted) {
      await gate.pass(stopping.signal);
      const done = await attempt(queue, decideBatch(queue.records.slice(0, 256).map(({ header }) => header)));
      store.markDone(queue.records.splice(0, done));
    }
    queues.delete(key);
  };

  const settle = (): void => {
    if (queues.size > 0) return;
    for (const resolve of idleWaiters) resolve();
    idleWaiters = [];
  };

  return {
    gate,
    enqueue: (record) => {
      if (stopping.signal.aborted) return;
      const key = queueKey(record.header);
      const known = queues.get(key);
      if (known !== undefined) {
        known.records.push(record);
        return;
      }
      const queue: StreamQueue = { records: [record], retryMs: 0 };
      queues.set(key, queue);
      const worker = work(key, queue)
        .catch((error: unknown) => {
          if (!stopping.signal.aborted) log('error', 'log spool: a stream stopped', { key, error: String(error) });
        })
        .finally(() => {
          workers.delete(worker);
          settle();
        });
      workers.add(worker);
    },
    counts: () => ({
      pending: [...queues.values()].reduce((sum, { records }) => sum + records.length, 0),
      dropped,
    }),
    idle: () => (queues.size === 0 ? Promise.resolve() : new Promise((resolve) => idleWaiters.push(resolve))),
    stop: async () => {
      stopping.abort();
      await Promise.all(workers);
    },
  };
};
