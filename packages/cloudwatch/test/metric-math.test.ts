import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import type { cloudwatch } from '@oreno/aws-wire';
import { AwsError } from '@oreno/aws-wire';
import fc from 'fast-check';
import { evaluate } from '../src/domain/math/evaluate.ts';
import { parseExpression } from '../src/domain/math/parse-expression.ts';
import { parseSearch } from '../src/domain/math/search-filter.ts';
import type { Series } from '../src/domain/math/series.ts';
import { evaluateAlarms } from '../src/reconcilers/evaluate-alarms.ts';
import { cloudWatchUnderTest } from './support/cloudwatch.ts';

const minute = 60_000;
const start = Date.UTC(2026, 8, 25, 21, 0);
const now = start + 6 * minute + 10_000;

/** Minutes from the start; undefined is a point that is missing. */
const series = (label: string, ...values: readonly (number | undefined)[]): Series => ({
  label,
  period: 60,
  points: new Map(values.flatMap((value, index) => (value === undefined ? [] : [[start + index * minute, value]]))),
});

const compute = (text: string, metrics: Readonly<Record<string, Series>> = {}): unknown => {
  const value = evaluate('e', {
    range: { start, end: start + 4 * minute },
    metrics: new Map(Object.entries(metrics)),
    expressions: new Map([['e', parseExpression(text)]]),
    searches: new Map(),
    period: 60,
  });
  const plain = (one: Series) => [...one.points].map(([at, each]) => `${(at - start) / minute}:${each}`).join(' ');
  if (typeof value !== 'object') return value;
  return 'points' in value ? plain(value) : value.map(plain);
};

const m = { m1: series('a', 1, undefined, 3, 4), m2: series('b', 10, 20, 0, undefined) };

describe('metric math', () => {
  const cases: readonly (readonly [string, unknown])[] = [
    ['1 + 2 * 3 ^ 2 - 4 / 2', 17],
    ['-2 ^ 2 + (1 - 3)', -6],
    ['1 < 2 AND 2 >= 2 || 0', 1],
    ['m1 + m2', '0:11 1:20 2:3 3:4'],
    ['m1 / m2', '0:0.1 1:0'],
    ['100 * (m1 / m2)', '0:10 1:0'],
    ['m1 > 2', '0:0 2:1 3:1'],
    ['SUM(m1)', 8],
    ['SUM([m1, m2])', '0:11 1:20 2:3 3:4'],
    ['AVG(METRICS())', '0:5.5 1:20 2:1.5 3:4'],
    ['MAX(METRICS("m2"))', '0:10 1:20 2:0'],
    ['METRICS() * 2', ['0:2 2:6 3:8', '0:20 1:40 2:0']],
    ['FILL(m1, 0)', '0:1 1:0 2:3 3:4'],
    ['FILL(m1, LINEAR)', '0:1 1:2 2:3 3:4'],
    ['FILL(m2, REPEAT)', '0:10 1:20 2:0 3:0'],
    ['FILL(m1, m2)', '0:1 1:20 2:3 3:4'],
    ['RATE(m1) * PERIOD(m1)', '2:1 3:1'],
    ['DIFF(m2)', '1:10 2:-20'],
    ['DIFF_TIME(m1)', '2:120 3:60'],
    ['RUNNING_SUM(m1)', '0:1 2:4 3:8'],
    ['IF(m1 > 2, m1, -1)', '0:-1 2:3 3:4'],
    ['IF(m1 > 2, m2)', '2:0'],
    ['IF(1, m1, m2)', '0:1 2:3 3:4'],
    ['CEIL(m1 / 2) + FLOOR(0.5) + ABS(-1)', '0:2 2:3 3:3'],
    ['METRIC_COUNT(METRICS())', 2],
    ['DATAPOINT_COUNT(m1)', 3],
    ['FIRST(SORT(METRICS(), AVG, DESC))', '0:10 1:20 2:0'],
    ['SLICE(METRICS(), 1, 2)', ['0:10 1:20 2:0']],
    ['REMOVE_EMPTY([m1 / 0, m2])', ['0:10 1:20 2:0']],
    ['TIME_SERIES(7)', '0:7 1:7 2:7 3:7'],
    ['LOG10(m2)', '0:1 1:1.3010299956639813'],
  ];
  for (const [text, expected] of cases) {
    it(`computes ${text}`, () => assert.deepEqual(compute(text, m), expected));
  }

  it('refuses what is not well formed or does not fit', () => {
    for (const text of [
      '1 +',
      '(1',
      'm1 m2',
      'SUM(',
      'm9',
      'NOSUCH(m1)',
      'e + 1',
      "RATE('x')",
      'm1 @ 2',
      'constructor()',
    ]) {
      assert.throws(
        () => compute(text, m),
        (error: unknown) => error instanceof AwsError && error.code === 'ValidationError',
        text,
      );
    }
    assert.throws(() => parseExpression('('.repeat(1_000)), AwsError);
  });

  it('counts as JavaScript does, however an expression is bracketed and spaced', () => {
    const leaf = fc.integer({ min: 1, max: 9 }).map((value) => ({ text: String(value), value }));
    const { tree } = fc.letrec<{ tree: { text: string; value: number } }>((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        leaf,
        fc
          .record({ left: tie('tree'), right: tie('tree'), sign: fc.constantFrom('+', '-', '*') })
          .map(({ left, right, sign }) => ({
            text: `(${left.text} ${sign}${right.text})`,
            value:
              sign === '+'
                ? left.value + right.value
                : sign === '-'
                  ? left.value - right.value
                  : left.value * right.value,
          })),
      ),
    }));
    fc.assert(fc.property(tree, ({ text, value }) => assert.equal(compute(text), value)));
  });
});

describe('a search', () => {
  const metric = {
    namespace: 'AWS/ECS',
    metricName: 'CPUUtilization',
    dimensions: [{ Name: 'ClusterName', Value: 'web-prod' }],
  };
  it('matches by schema, property, word and phrase', () => {
    const cases: readonly (readonly [string, boolean])[] = [
      ['{AWS/ECS,ClusterName} MetricName="CPUUtilization"', true],
      ['{AWS/ECS} MetricName="CPUUtilization"', false],
      ['{AWS/ECS,ClusterName,ServiceName}', false],
      ['utilization', true],
      ['MetricName=CPU', true],
      ['MetricName="CPU"', false],
      ['ClusterName=(web OR api) NOT memory', true],
      ['ClusterName=api', false],
      ['prod AND cpu', true],
      ['"web-prod"', true],
      ['NOT prod', false],
    ];
    for (const [text, expected] of cases) assert.equal(parseSearch(text)(metric), expected, text);
    for (const text of ['', '(a', 'a)', 'Name=']) assert.throws(() => parseSearch(text), AwsError, text);
  });
});

describe('GetMetricData and alarms', () => {
  const { call, reconcile } = cloudWatchUnderTest(() => now);
  const stat = (MetricName: string, Stat = 'Sum'): cloudwatch.MetricStat => ({
    Metric: { Namespace: 'shop', MetricName, Dimensions: [{ Name: 'Shop', Value: 'a' }] },
    Period: 60,
    Stat,
  });

  before(async () => {
    const data = (MetricName: string, values: readonly number[]) =>
      values.map((Value, index) => ({
        MetricName,
        Value,
        Timestamp: start + index * minute,
        Dimensions: [{ Name: 'Shop', Value: 'a' }],
      }));
    await call('PutMetricData', {
      Namespace: 'shop',
      MetricData: [...data('Errors', [1, 2, 3, 0, 0, 30]), ...data('Requests', [10, 10, 10, 10, 10, 40])],
    });
  });
  const ask = (MetricDataQueries: readonly cloudwatch.MetricDataQuery[]) =>
    call('GetMetricData', {
      StartTime: start,
      EndTime: start + 6 * minute,
      ScanBy: 'TimestampAscending',
      MetricDataQueries,
    });

  it('answer expressions over metrics that are not shown themselves, and searches', async () => {
    const { MetricDataResults = [] } = await ask([
      { Id: 'rate', Expression: '100 * errors / requests', Label: 'Error rate' },
      { Id: 'errors', MetricStat: stat('Errors'), ReturnData: false },
      { Id: 'requests', MetricStat: stat('Requests'), ReturnData: false },
      { Id: 'found', Expression: `SEARCH('{shop,Shop} MetricName="Errors"', 'Maximum', 60)` },
    ]);
    assert.deepEqual(
      MetricDataResults.map(({ Id, Label, Values, StatusCode }) => [Id, Label, Values, StatusCode]),
      [
        ['rate', 'Error rate', [10, 20, 30, 0, 0, 75], 'Complete'],
        ['found', 'a Errors', [1, 2, 3, 0, 0, 30], 'Complete'],
      ],
    );
    await assert.rejects(ask([{ Id: 'e', Expression: 'errors +' }]), AwsError);
    await assert.rejects(
      ask([
        { Id: 'e', Expression: 'SUM(m)' },
        { Id: 'm', MetricStat: stat('Errors') },
      ]),
      /time series/,
    );
  });

  it('watch an expression, and read back as they were put', async () => {
    const Metrics = [
      { Id: 'rate', Expression: '100 * errors / requests', Label: 'Error rate', ReturnData: true },
      { Id: 'errors', MetricStat: stat('Errors'), ReturnData: false },
      { Id: 'requests', MetricStat: stat('Requests'), ReturnData: false },
    ];
    const input = {
      AlarmName: 'error-rate',
      Metrics,
      EvaluationPeriods: 2,
      DatapointsToAlarm: 1,
      Threshold: 50,
      ComparisonOperator: 'GreaterThanThreshold' as const,
    };
    await call('PutMetricAlarm', input);
    await reconcile(evaluateAlarms);
    const [alarm] = (await call('DescribeAlarms', {})).MetricAlarms ?? [];
    assert.deepEqual(
      [alarm?.StateValue, alarm?.Metrics, alarm?.Period, alarm?.Dimensions],
      ['ALARM', Metrics, undefined, []],
    );
    assert.match(
      alarm?.StateReason ?? '',
      /^Threshold Crossed: 1 out of the last 2 datapoints \[75\.0 \(25\/09\/26 21:05:00\)\]/,
    );

    const refuses = (change: Partial<cloudwatch.PutMetricAlarmInput>, text: RegExp) =>
      assert.rejects(call('PutMetricAlarm', { ...input, AlarmName: 'bad', ...change }), text);
    await refuses({ Metrics: Metrics.slice(1) }, /Exactly one element/);
    await refuses({ Metrics: [{ Id: 'e', Expression: 'TIME_SERIES(1)' }] }, /at least one metric/);
    await refuses({ Metrics: [{ Id: 'e', Expression: 'METRICS()' }, ...Metrics.slice(1)] }, /single time series/);
    await refuses(
      { Metrics: [{ Id: 'e', Expression: `SEARCH('x', 'Sum', 60)` }, ...Metrics.slice(1)] },
      /SEARCH is not/,
    );
    await refuses({ MetricName: 'Errors' }, /together with MetricName/);
  });
});
