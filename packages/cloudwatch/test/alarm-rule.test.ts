import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { MetricAlarmSettings } from '../src/alarm-records.ts';
import { decideState, type Treatment } from '../src/domain/alarm/decide-state.ts';
import { numberText } from '../src/domain/alarm/number-text.ts';
import { stateReason, stateReasonData } from '../src/domain/alarm/state-reason.ts';
import { nextEvaluation, windowAt, type Slot } from '../src/domain/alarm/window.ts';

const minute = 60_000;
const start = Date.UTC(2026, 8, 25, 21, 0);

const alarm = (change: Partial<MetricAlarmSettings> = {}): MetricAlarmSettings => ({
  metricName: 'Latency',
  namespace: 'shop',
  statistic: 'Average',
  dimensions: [],
  period: 60,
  evaluationPeriods: 3,
  threshold: 1,
  comparisonOperator: 'GreaterThanOrEqualToThreshold',
  ...change,
});

/** `0 - X`: within the threshold, missing, breaching. */
const slots = (text: string): readonly Slot[] =>
  text.split(' ').map((mark, index) => {
    const at = start + index * minute;
    return mark === '-' ? { at } : { at, value: mark === 'X' ? 2 : 0, sampleCount: 1 };
  });

const treatments = ['missing', 'ignore', 'breaching', 'notBreaching'] as const;
const words = { A: 'ALARM', O: 'OK', I: 'INSUFFICIENT_DATA', R: undefined } as const;

describe('the state that points mean', () => {
  // User guide, "How alarm state is evaluated when data is missing"; R: the state stays what it is.
  const tables = [
    {
      toAlarm: 3,
      rows: [
        ['0 - X - X', 'OOOO'],
        ['0 - - - -', 'OOOO'],
        ['- - - - -', 'IRAO'],
        ['0 X X - X', 'AAAA'],
        ['- - X - -', 'ARAO'],
        ['- - - - X', 'IRAO'],
        ['- - - X -', 'IRAO'],
        ['X - - - -', 'ARAO'],
      ],
    },
    {
      toAlarm: 2,
      rows: [
        ['0 - X - X', 'AAAA'],
        ['0 0 X 0 X', 'AAAA'],
        ['0 - X - -', 'OOAO'],
        ['- - - - 0', 'OOAO'],
        ['- - - X -', 'ARAO'],
        ['- - - - X', 'IRAO'],
      ],
    },
  ] as const;
  for (const { toAlarm, rows } of tables) {
    for (const [points, expected] of rows) {
      it(`is ${expected} for ${points} with ${toAlarm} out of 3`, () => {
        for (const [index, treatMissingData] of treatments.entries()) {
          const judgement = decideState(alarm({ datapointsToAlarm: toAlarm, treatMissingData }), slots(points));
          assert.equal(judgement?.state, words[expected[index] as keyof typeof words], treatMissingData);
        }
      });
    }
  }

  it('leaves a percentile of few samples alone where that is asked for', () => {
    const settings = alarm({
      statistic: undefined,
      extendedStatistic: 'p99',
      evaluationPeriods: 1,
      evaluateLowSampleCountPercentile: 'ignore',
    });
    assert.equal(decideState(settings, slots('- - X')), undefined);
    assert.equal(
      decideState({ ...settings, evaluateLowSampleCountPercentile: 'evaluate' }, slots('- - X'))?.state,
      'ALARM',
    );
    const enough = [{ at: start, value: 2, sampleCount: 1_000 }];
    assert.equal(decideState(settings, enough)?.state, 'ALARM');
  });
});

const marks = fc.constantFrom('0', 'X', '-');
const ranges = fc.integer({ min: 1, max: 6 }).chain((periods) =>
  fc.record({
    periods: fc.constant(periods),
    toAlarm: fc.integer({ min: 1, max: periods }),
    points: fc.array(marks, { minLength: periods + 2, maxLength: periods + 2 }),
    treatMissingData: fc.constantFrom<Treatment>(...treatments),
  }),
);
type Range = typeof ranges extends fc.Arbitrary<infer Value> ? Value : never;

const judge = ({ periods, toAlarm, points, treatMissingData }: Range) =>
  decideState(
    alarm({ evaluationPeriods: periods, datapointsToAlarm: toAlarm, treatMissingData }),
    slots(points.join(' ')),
  );

describe('for any range', () => {
  it('where enough points are there, missing ones have no say', () => {
    fc.assert(
      fc.property(ranges, (range) => {
        const real = range.points.filter((mark) => mark !== '-');
        fc.pre(real.length >= range.periods);
        const breaching = real.slice(-range.periods).filter((mark) => mark === 'X').length;
        assert.equal(judge(range)?.state, breaching >= range.toAlarm ? 'ALARM' : 'OK');
      }),
    );
  });

  it('as many breaching points as asked for among the newest are an alarm, and one more never ends it', () => {
    fc.assert(
      fc.property(ranges, fc.nat(), (range, which) => {
        const before = judge(range)?.state;
        const worse = range.points.map((mark, index) =>
          index === which % range.points.length && mark === '0' ? 'X' : mark,
        );
        if (before === 'ALARM') assert.equal(judge({ ...range, points: worse })?.state, 'ALARM');
      }),
    );
  });

  it('without a point the treatment decides alone', () => {
    fc.assert(
      fc.property(ranges, (range) => {
        const none = { ...range, points: range.points.map(() => '-' as const) };
        const expected = { breaching: 'ALARM', notBreaching: 'OK', missing: 'INSUFFICIENT_DATA', ignore: undefined };
        assert.equal(judge(none)?.state, expected[range.treatMissingData]);
      }),
    );
  });

  it('the reason names as many points as speak for the state, and its data is JSON with the points', () => {
    fc.assert(
      fc.property(ranges, (range) => {
        const judgement = judge(range);
        fc.pre(judgement !== undefined);
        const settings = alarm({ evaluationPeriods: range.periods, datapointsToAlarm: range.toAlarm });
        assert.match(stateReason(settings, judgement), /^(Threshold Crossed|Insufficient Data): .*\.$/);
        const facts = { slots: slots(range.points.join(' ')), period: 60, queriedAt: start };
        const data = JSON.parse(stateReasonData(settings, judgement, facts)) as {
          recentDatapoints: number[];
          evaluatedDatapoints: { value?: number }[];
        };
        assert.deepEqual(data.recentDatapoints, judgement.points.map(({ value }) => value).toReversed());
        assert.equal(data.evaluatedDatapoints.length, judgement.points.length || range.periods);
      }),
    );
  });

  it('the range ends with the last full minute, and the next look is within a minute', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), fc.nat({ max: 10_000_000 }), (periods, later) => {
        const now = start + later;
        const { start: from, end } = windowAt(300, periods, now);
        assert.ok(end <= now && now - end < minute && end % minute === 0);
        assert.equal(end - from, (periods + 2) * 300_000);
        const next = nextEvaluation(300, now);
        assert.ok(next > now && next <= now + minute);
      }),
    );
  });
});

describe('the reason of a state', () => {
  const reason = (settings: MetricAlarmSettings, points: string): string => {
    const judgement = decideState(settings, slots(points));
    assert.ok(judgement);
    return stateReason(settings, judgement);
  };

  it('is worded as CloudWatch words it', () => {
    const one = alarm({ evaluationPeriods: 1 });
    assert.equal(
      reason(one, '- - X'),
      'Threshold Crossed: 1 datapoint [2.0 (25/09/26 21:02:00)] was greater than or equal to the threshold (1.0).',
    );
    assert.equal(
      reason(alarm({ evaluationPeriods: 2, threshold: 42, comparisonOperator: 'GreaterThanThreshold' }), '- - X 0'),
      'Threshold Crossed: 2 datapoints [0.0 (25/09/26 21:03:00), 2.0 (25/09/26 21:02:00)] were not greater than the threshold (42.0).',
    );
    assert.equal(
      reason(alarm({ datapointsToAlarm: 2 }), '- - 0 X X'),
      'Threshold Crossed: 2 out of the last 3 datapoints [2.0 (25/09/26 21:04:00), 2.0 (25/09/26 21:03:00)] were greater than or equal to the threshold (1.0) (minimum 2 datapoints for OK -> ALARM transition).',
    );
    assert.equal(
      reason(alarm({ datapointsToAlarm: 3 }), '0 X X X 0'),
      'Threshold Crossed: 1 out of the last 3 datapoints [0.0 (25/09/26 21:04:00)] was not greater than or equal to the threshold (1.0) (minimum 1 datapoint for ALARM -> OK transition).',
    );
    assert.equal(
      reason(alarm({ evaluationPeriods: 2, treatMissingData: 'breaching' }), '- - - -'),
      'Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as [Breaching].',
    );
    assert.equal(
      reason(alarm({ evaluationPeriods: 2, treatMissingData: 'breaching' }), '- - 0 -'),
      'Threshold Crossed: 1 datapoint [0.0 (25/09/26 21:02:00)] was not greater than or equal to the threshold (1.0) and 1 missing datapoint was treated as [Breaching].',
    );
    assert.equal(
      reason(alarm({ evaluationPeriods: 20, datapointsToAlarm: 1, treatMissingData: 'notBreaching' }), '- X -'),
      'Threshold Crossed: 1 out of the last 20 datapoints [2.0 (25/09/26 21:01:00)] was greater than or equal to the threshold (1.0) and 19 missing datapoints were treated as [NonBreaching] (minimum 1 datapoint for OK -> ALARM transition).',
    );
    assert.equal(reason(one, '- - -'), 'Insufficient Data: 1 datapoint was unknown.');
    assert.equal(reason(alarm(), '- - -'), 'Insufficient Data: 3 datapoints were unknown.');
  });

  it('has data as CloudWatch gives it', () => {
    const settings = alarm({ evaluationPeriods: 2, unit: 'Seconds' });
    const points = slots('- - X X');
    const judgement = decideState(settings, points);
    assert.ok(judgement);
    assert.equal(
      stateReasonData(settings, judgement, { slots: points, period: 60, queriedAt: start + 4 * minute + 5_123 }),
      '{"version":"1.0","queryDate":"2026-09-25T21:04:05.123+0000","startDate":"2026-09-25T21:02:00.000+0000","unit":"Seconds","statistic":"Average","period":60,"recentDatapoints":[2.0,2.0],"threshold":1.0,"evaluatedDatapoints":[{"timestamp":"2026-09-25T21:03:00.000+0000","sampleCount":1.0,"value":2.0},{"timestamp":"2026-09-25T21:02:00.000+0000","sampleCount":1.0,"value":2.0}]}',
    );
  });

  it('writes numbers with their fraction, large ones with an exponent', () => {
    assert.deepEqual([3, -0.25, 0, 9_999_999, 134_217_728, 1e7, 0.0001].map(numberText), [
      '3.0',
      '-0.25',
      '0.0',
      '9999999.0',
      '1.34217728E8',
      '1.0E7',
      '1.0E-4',
    ]);
  });
});
