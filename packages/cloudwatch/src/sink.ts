/** The sink in which the other rooms record their metrics: queued, written one batch after the other, never awaited. */
import type { Log } from '@oreno/aws-wire';
import type { Store } from '@oreno/store';
import type { MetricSample, MetricSink } from './domain/metric.ts';
import { pointOf } from './domain/point.ts';
import type { Entry } from './metric-store.ts';
import { writeEntries } from './metric-store.ts';

const minute = 60_000;
/** Entries in one transaction: calls wait behind it. */
const batch = 500;

const entryOf = ({ at, value, unit, dimensions, ...metric }: MetricSample): Entry => ({
  metric: { ...metric, dimensions: dimensions.toSorted((left, right) => (left.Name < right.Name ? -1 : 1)) },
  unit,
  point: pointOf(Math.floor(at / minute) * minute, [[value, 1]]),
});

export interface QueuedSink extends MetricSink {
  /** Resolves when everything recorded so far is written, or was dropped with a log line. */
  flushed(): Promise<void>;
}

export const openSink = (store: Store, log: Log): QueuedSink => {
  let writing: Promise<void> = Promise.resolve();
  const write = async (samples: readonly MetricSample[]): Promise<void> => {
    for (let start = 0; start < samples.length; start += batch) {
      await writeEntries(store, samples.slice(start, start + batch).map(entryOf));
    }
  };
  return {
    record: (samples) => {
      writing = writing
        .then(() => write(samples))
        .catch((error: unknown) =>
          log('error', 'metrics were lost', { samples: samples.length, error: String(error) }),
        );
    },
    flushed: () => writing,
  };
};
