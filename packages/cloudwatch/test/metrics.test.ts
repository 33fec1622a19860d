import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { cloudwatch } from '@oreno/aws-wire';
import fc from 'fast-check';
import { groupPoints, joinPoints, pointOf } from '../src/domain/point.ts';
import { statisticOf } from '../src/domain/statistic.ts';
import { metricIdOf } from '../src/metric-store.ts';
import { hours } from '../src/records.ts';
import { applyRetention } from '../src/retention.ts';
import { account, cloudWatchUnderTest, region } from './support/cloudwatch.ts';

const now = Math.floor(1_795_373_255_869 / 3_600_000) * 3_600_000 + 30 * 60_000;
const minute = 60_000;
const day = 86_400_000;

const { call, refuses, room, store } = cloudWatchUnderTest(() => now);

describe('metrics that clients publish', () => {
  const dimensions = [
    { Name: 'B', Value: '2' },
    { Name: 'A', Value: '1' },
  ];

  it('are read back as statistics, whatever form they came in', async () => {
    const at = now - 10 * minute;
    const datum = { MetricName: 'Latency', Dimensions: dimensions, Unit: 'Milliseconds', Timestamp: at } as const;
    await call('PutMetricData', {
      Namespace: 'shop',
      MetricData: [
        { ...datum, Value: 10 },
        { ...datum, Timestamp: at + 20_000, Values: [20, 30], Counts: [2, 1] },
        { ...datum, Timestamp: at + minute, StatisticValues: { SampleCount: 4, Sum: 100, Minimum: 5, Maximum: 70 } },
      ],
    });
    await call('PutMetricData', { Namespace: 'shop', MetricData: [{ ...datum, Value: 40 }] });
    const read = (Period: number) =>
      call('GetMetricStatistics', {
        Namespace: 'shop',
        MetricName: 'Latency',
        Dimensions: dimensions.toReversed(),
        StartTime: at,
        EndTime: now,
        Period,
        Statistics: ['SampleCount', 'Sum', 'Minimum', 'Maximum', 'Average'],
        ExtendedStatistics: ['p50', 'p99'],
      });
    assert.deepEqual((await read(60)).Datapoints, [
      {
        Timestamp: at,
        SampleCount: 5,
        Sum: 120,
        Minimum: 10,
        Maximum: 40,
        Average: 24,
        ExtendedStatistics: { p50: 20, p99: 40 },
        Unit: 'Milliseconds',
      },
      {
        Timestamp: at + minute,
        SampleCount: 4,
        Sum: 100,
        Minimum: 5,
        Maximum: 70,
        Average: 25,
        ExtendedStatistics: {},
        Unit: 'Milliseconds',
      },
    ]);
    const [whole] = (await read(600)).Datapoints ?? [];
    assert.deepEqual([whole?.SampleCount, whole?.Sum, whole?.Minimum, whole?.Maximum], [9, 220, 5, 70]);
  });

  it('are listed by namespace, name and dimensions', async () => {
    const list = async (input: cloudwatch.ListMetricsInput) =>
      ((await call('ListMetrics', input)).Metrics ?? []).map(({ MetricName }) => MetricName);
    assert.deepEqual(await list({ Namespace: 'shop' }), ['Latency']);
    assert.deepEqual(await list({ MetricName: 'Latency', Dimensions: [{ Name: 'A' }] }), ['Latency']);
    assert.deepEqual(await list({ Dimensions: [{ Name: 'A', Value: '2' }] }), []);
    assert.deepEqual(await list({ Namespace: 'nowhere' }), []);
    await refuses('ListMetrics', { NextToken: 'x' }, 'InvalidNextToken');
  });

  it('are paged without a metric twice or missed', async () => {
    const names = Array.from({ length: 1_200 }, (_, index) => `m${index}`);
    for (let start = 0; start < names.length; start += 600) {
      const MetricData = names.slice(start, start + 600).map((MetricName) => ({ MetricName, Value: 1 }));
      await call('PutMetricData', { Namespace: 'many', MetricData });
    }
    const listed: string[] = [];
    let token: string | undefined;
    do {
      const page: cloudwatch.ListMetricsOutput = await call('ListMetrics', { Namespace: 'many', NextToken: token });
      listed.push(...(page.Metrics ?? []).map(({ MetricName }) => MetricName ?? ''));
      token = page.NextToken;
    } while (token !== undefined);
    assert.deepEqual(listed.toSorted(), names.toSorted());
  });

  it('come several at once, newest first, and in pages', async () => {
    const start = now - 20 * minute;
    const MetricData = [0, 1, 2, 3].map((index) => ({
      MetricName: 'Count',
      Timestamp: start + index * minute,
      Value: index,
    }));
    await call('PutMetricData', { Namespace: 'shop', MetricData });
    const input = (changes: Partial<cloudwatch.GetMetricDataInput> = {}): cloudwatch.GetMetricDataInput => ({
      StartTime: start,
      EndTime: now,
      MetricDataQueries: [
        { Id: 'a', MetricStat: { Metric: { Namespace: 'shop', MetricName: 'Count' }, Period: 60, Stat: 'Sum' } },
        { Id: 'b', MetricStat: { Metric: { Namespace: 'shop', MetricName: 'None' }, Period: 60, Stat: 'Sum' } },
      ],
      ...changes,
    });
    const whole = await call('GetMetricData', input());
    assert.deepEqual(
      whole.MetricDataResults?.map(({ Id, Values, StatusCode }) => [Id, Values, StatusCode]),
      [
        ['a', [3, 2, 1, 0], 'Complete'],
        ['b', [], 'Complete'],
      ],
    );
    const first = await call('GetMetricData', input({ MaxDatapoints: 6, ScanBy: 'TimestampAscending' }));
    assert.deepEqual(first.MetricDataResults?.[0]?.Values, [0, 1, 2]);
    assert.equal(first.MetricDataResults?.[0]?.StatusCode, 'PartialData');
    const second = await call(
      'GetMetricData',
      input({ MaxDatapoints: 6, ScanBy: 'TimestampAscending', NextToken: first.NextToken }),
    );
    assert.deepEqual(second.MetricDataResults?.[0]?.Values, [3]);
    assert.equal(second.NextToken, undefined);
  });

  it('are labelled by what sets them apart: statistic, period, both or nothing', async () => {
    const labels = async (...asked: readonly (readonly [stat: string, period: number, label?: string])[]) => {
      const Metric = { Namespace: 'shop', MetricName: 'Count' };
      const MetricDataQueries = asked.map(([Stat, Period, Label], index) => {
        return { Id: `m${index}`, MetricStat: { Metric, Period, Stat }, ...(Label === undefined ? {} : { Label }) };
      });
      const range = { StartTime: now - 20 * minute, EndTime: now };
      const { MetricDataResults = [] } = await call('GetMetricData', { ...range, MetricDataQueries });
      return MetricDataResults.map(({ Label }) => Label);
    };
    assert.deepEqual(await labels(['Sum', 60], ['Sum', 60]), ['Count', 'Count']);
    assert.deepEqual(await labels(['Sum', 60], ['Minimum', 60]), ['Count Sum', 'Count Minimum']);
    assert.deepEqual(await labels(['Sum', 60], ['Sum', 30]), ['Count 60', 'Count 30']);
    assert.deepEqual(await labels(['Sum', 60], ['Minimum', 30, 'own']), ['Count Sum 60', 'own']);
  });

  it('are refused when they are wrong, all of a request', async () => {
    const put = (datum: object, code: string) =>
      refuses(
        'PutMetricData',
        {
          Namespace: 'bad',
          MetricData: [
            { MetricName: 'good', Value: 1 },
            { MetricName: 'm', ...datum },
          ],
        },
        code,
      );
    await put({}, 'MissingRequiredParameterException');
    await put({ Value: 1, Values: [1] }, 'InvalidParameterCombinationException');
    await put({ Value: Number.NaN }, 'InvalidParameterValueException');
    await put({ Value: 2 ** 361 }, 'InvalidParameterValueException');
    await put({ Value: 1, Timestamp: now - 15 * day }, 'InvalidParameterValueException');
    await put({ Value: 1, Timestamp: now + 3 * 3_600_000 }, 'InvalidParameterValueException');
    await put({ Values: [1, 2], Counts: [1] }, 'InvalidParameterValueException');
    await put(
      { StatisticValues: { SampleCount: 1, Sum: 1, Minimum: 2, Maximum: 1 } },
      'InvalidParameterCombinationException',
    );
    const set = { SampleCount: 1, Sum: 1, Minimum: 1, Maximum: 1 };
    await put({ Value: 1, StatisticValues: set }, 'InvalidParameterCombinationException');
    await call('PutMetricData', {
      Namespace: 'both',
      MetricData: [{ MetricName: 'm', Values: [5], StatisticValues: set }],
    });
    await refuses('PutMetricData', { Namespace: 'AWS/ECS', MetricData: [] }, 'InvalidParameterValueException');
    assert.deepEqual((await call('ListMetrics', { Namespace: 'bad' })).Metrics, []);
  });

  it('are not read by requests that ask for what is not there', async () => {
    const range = { StartTime: now - minute, EndTime: now };
    const statistics = { Namespace: 'n', MetricName: 'm', ...range, Period: 60 };
    await refuses('GetMetricStatistics', statistics, 'MissingRequiredParameterException');
    const sum = { ...statistics, Statistics: ['Sum'] as const };
    await refuses('GetMetricStatistics', { ...sum, Period: 61 }, 'InvalidParameterValueException');
    await refuses('GetMetricStatistics', { ...sum, StartTime: now - 2 * day }, 'InvalidParameterCombinationException');
    await refuses('GetMetricStatistics', { ...sum, EndTime: now - minute }, 'InvalidParameterValueException');
    const wholeDay = { ...sum, StartTime: now - day - 1_000, EndTime: now - 1_000 };
    assert.deepEqual((await call('GetMetricStatistics', wholeDay)).Datapoints, []);
    await refuses('GetMetricStatistics', { ...wholeDay, Period: 30 }, 'InvalidParameterCombinationException');
    const query = (changes: object) => ({ ...range, MetricDataQueries: [{ Id: 'a', ...changes }] });
    await refuses('GetMetricData', query({ Expression: 'm1 + m2' }), 'ValidationError');
    await refuses('GetMetricData', query({ Id: 'A' }), 'ValidationError');
    await refuses('GetMetricData', query({}), 'ValidationError');
    const always = query({ Expression: 'TIME_SERIES(1)' });
    await refuses('GetMetricData', { ...always, StartTime: now + minute }, 'ValidationError');
    await refuses('GetMetricData', { ...always, StartTime: now, EndTime: now + 999 }, 'ValidationError');
    await refuses(
      'GetMetricStatistics',
      { ...sum, StartTime: now, EndTime: now + 999 },
      'InvalidParameterValueException',
    );
  });
});

describe('metrics of other rooms', () => {
  it('keep one sample for each that was recorded', async () => {
    const dimensions = [
      { Name: 'ClusterName', Value: 'lab' },
      { Name: 'ServiceName', Value: 'web' },
    ];
    const sample = {
      account,
      region,
      namespace: 'AWS/ECS',
      metricName: 'CPUUtilization',
      dimensions,
      at: now - minute,
      unit: 'Percent' as const,
    };
    room().sink.record([
      { ...sample, value: 20 },
      { ...sample, value: 40 },
    ]);
    await room().stop();
    const { Datapoints } = await call('GetMetricStatistics', {
      Namespace: 'AWS/ECS',
      MetricName: 'CPUUtilization',
      Dimensions: dimensions,
      StartTime: now - 5 * minute,
      EndTime: now,
      Period: 60,
      Statistics: ['Average', 'SampleCount'],
    });
    assert.deepEqual(Datapoints, [{ Timestamp: now - minute, Average: 30, SampleCount: 2, Unit: 'Percent' }]);
  });
});

describe('retention', () => {
  it('rolls minutes up to five, then to hours, then forgets', async () => {
    const metric = { account, region, namespace: 'old', metricName: 'm', dimensions: [] };
    const MetricData = [0, 1, 7].map((index) => ({
      MetricName: 'm',
      Timestamp: now - 30 * minute + index * minute,
      Value: 1,
    }));
    await call('PutMetricData', { Namespace: 'old', MetricData });
    const points = async () => {
      const where = { account, region, metricId: metricIdOf(metric) };
      const rows = await store().read((transaction) => transaction.list(hours, { where }));
      return rows.flatMap(({ record }) => record.points.map(({ count }) => count));
    };
    assert.deepEqual(await points(), [1, 1, 1]);
    await applyRetention(store(), now + 16 * day);
    assert.deepEqual(await points(), [2, 1]);
    await applyRetention(store(), now + 64 * day);
    assert.deepEqual(await points(), [3]);
    await applyRetention(store(), now + 456 * day);
    assert.deepEqual(await points(), []);
  });
});

describe('points', () => {
  const values = fc.array(fc.tuple(fc.integer({ min: -1_000, max: 1_000 }), fc.integer({ min: 1, max: 5 })), {
    minLength: 1,
    maxLength: 20,
  });

  it('say the same joined in any order as told at once', () => {
    fc.assert(
      fc.property(values, values, (left, right) => {
        const [a, b] = [pointOf(0, left), pointOf(0, right)];
        const whole = pointOf(0, [...left, ...right]);
        for (const joined of [joinPoints(a, b), joinPoints(b, a)]) {
          for (const name of ['SampleCount', 'Sum', 'Minimum', 'Maximum', 'Average', 'p50', 'p90', 'p100']) {
            assert.equal(statisticOf(name)?.(joined), statisticOf(name)?.(whole), name);
          }
        }
      }),
    );
  });

  it('are grouped without losing a sample', () => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 10_000 })), fc.integer({ min: 1, max: 500 }), (times, period) => {
        const grouped = groupPoints(
          times.map((at) => pointOf(at, [[1, 1]])),
          period,
        );
        assert.equal(
          grouped.reduce((sum, { count }) => sum + count, 0),
          times.length,
        );
        assert.ok(grouped.every(({ at }, index) => at % period === 0 && at > (grouped[index - 1]?.at ?? -1)));
      }),
    );
  });
});
