/** Where ECS's own metrics go: the shape of CloudWatch's door, which this room knows nothing else of. */

export interface MetricSample {
  readonly account: string;
  readonly region: string;
  readonly namespace: string;
  readonly metricName: string;
  readonly dimensions: readonly { readonly Name: string; readonly Value: string }[];
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly value: number;
  readonly unit: 'Percent';
}

/** Takes samples. Never throws and never blocks. */
export interface MetricSink {
  record(samples: readonly MetricSample[]): void;
}
