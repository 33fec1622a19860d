import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { cloudwatch } from '@oreno/aws-wire';
import { evaluateAlarms } from '../src/reconcilers/evaluate-alarms.ts';
import { evaluateCompositeAlarms } from '../src/reconcilers/evaluate-composite-alarms.ts';
import { applyRetention } from '../src/retention.ts';
import { cloudWatchUnderTest } from './support/cloudwatch.ts';

const minute = 60_000;
const topic = 'arn:aws:sns:us-east-1:111122223333:ops';
let now = Date.UTC(2026, 8, 25, 21, 0, 10);
const { call, refuses, reconcile, store } = cloudWatchUnderTest(() => now);

const evaluate = () => reconcile(evaluateAlarms, evaluateCompositeAlarms);

const put = (value: number, name = 'Latency') =>
  call('PutMetricData', {
    Namespace: 'shop',
    MetricData: [{ MetricName: name, Value: value, Timestamp: now - minute }],
  });

const pass = (minutes: number): void => {
  now += minutes * minute;
};

const alarm = (change: Partial<cloudwatch.PutMetricAlarmInput> = {}): cloudwatch.PutMetricAlarmInput => ({
  AlarmName: 'slow',
  Namespace: 'shop',
  MetricName: 'Latency',
  Statistic: 'Average',
  Period: 60,
  EvaluationPeriods: 1,
  Threshold: 10,
  ComparisonOperator: 'GreaterThanThreshold',
  ...change,
});

const stateOf = async (name = 'slow') => {
  const { MetricAlarms = [] } = await call('DescribeAlarms', { AlarmNames: [name] });
  return MetricAlarms[0]?.StateValue;
};

const historyOf = async (name = 'slow', HistoryItemType?: cloudwatch.HistoryItemType) =>
  ((await call('DescribeAlarmHistory', { AlarmName: name, HistoryItemType })).AlarmHistoryItems ?? []).map(
    ({ HistorySummary }) => HistorySummary,
  );

describe('a metric alarm', () => {
  it('reads back what was put, and nothing else', async () => {
    await call('PutMetricAlarm', alarm({ AlarmActions: [topic], Tags: [{ Key: 'team', Value: 'a' }] }));
    const { MetricAlarms, CompositeAlarms } = await call('DescribeAlarms', {});
    const shown = JSON.parse(JSON.stringify(MetricAlarms)) as unknown;
    assert.deepEqual(shown, [
      {
        AlarmName: 'slow',
        AlarmArn: 'arn:aws:cloudwatch:us-east-1:111122223333:alarm:slow',
        AlarmConfigurationUpdatedTimestamp: now,
        ActionsEnabled: true,
        OKActions: [],
        AlarmActions: [topic],
        InsufficientDataActions: [],
        StateValue: 'INSUFFICIENT_DATA',
        StateReason: 'Unchecked: Initial alarm creation',
        StateUpdatedTimestamp: now,
        StateTransitionedTimestamp: now,
        MetricName: 'Latency',
        Namespace: 'shop',
        Statistic: 'Average',
        Dimensions: [],
        Period: 60,
        EvaluationPeriods: 1,
        Threshold: 10,
        ComparisonOperator: 'GreaterThanThreshold',
      },
    ]);
    assert.deepEqual(CompositeAlarms, []);
  });

  it('goes where its metric goes, and says so in its history, actions that nobody carries out included', async () => {
    await evaluate();
    assert.equal(await stateOf(), 'INSUFFICIENT_DATA');
    await put(20);
    await evaluate();
    assert.equal(await stateOf(), 'ALARM');
    pass(1);
    await put(5);
    await evaluate();
    assert.equal(await stateOf(), 'OK');
    pass(3);
    await evaluate();
    assert.equal(await stateOf(), 'INSUFFICIENT_DATA');
    assert.deepEqual(await historyOf(), [
      'Alarm updated from OK to INSUFFICIENT_DATA',
      'Alarm updated from ALARM to OK',
      `Failed to execute action ${topic}. Received error: "Alarm actions are not available here: there is no service that could carry them out."`,
      'Alarm updated from INSUFFICIENT_DATA to ALARM',
      'Alarm "slow" created',
    ]);
    const { AlarmHistoryItems = [] } = await call('DescribeAlarmHistory', { AlarmName: 'slow', MaxRecords: 2 });
    const data = JSON.parse(AlarmHistoryItems[1]?.HistoryData ?? '') as {
      newState: { stateReason: string; stateReasonData: { recentDatapoints: number[] } };
    };
    assert.equal(
      data.newState.stateReason,
      'Threshold Crossed: 1 datapoint [5.0 (25/09/26 21:00:00)] was not greater than the threshold (10.0).',
    );
    assert.deepEqual(data.newState.stateReasonData.recentDatapoints, [5]);
  });

  it('stays as it is set by hand until the next evaluation', async () => {
    await call('SetAlarmState', { AlarmName: 'slow', StateValue: 'ALARM', StateReason: 'a drill' });
    await evaluate();
    assert.equal(await stateOf(), 'ALARM');
    pass(1);
    await evaluate();
    assert.equal(await stateOf(), 'INSUFFICIENT_DATA');
    await refuses('SetAlarmState', { AlarmName: 'no', StateValue: 'OK', StateReason: '' }, 'ResourceNotFound');
    await refuses(
      'SetAlarmState',
      { AlarmName: 'slow', StateValue: 'OK', StateReason: '', StateReasonData: '{' },
      'InvalidFormatFault',
    );
  });

  it('holds its actions back while they are disabled', async () => {
    await call('DisableAlarmActions', { AlarmNames: ['slow', 'nobody'] });
    await call('SetAlarmState', { AlarmName: 'slow', StateValue: 'ALARM', StateReason: 'a drill' });
    const before = (await historyOf('slow', 'Action')).length;
    await call('EnableAlarmActions', { AlarmNames: ['slow'] });
    await call('SetAlarmState', { AlarmName: 'slow', StateValue: 'OK', StateReason: 'over' });
    await call('SetAlarmState', { AlarmName: 'slow', StateValue: 'ALARM', StateReason: 'a drill' });
    assert.equal((await historyOf('slow', 'Action')).length, before + 1);
  });

  it('keeps state and tags when it is put again', async () => {
    await call('PutMetricAlarm', alarm({ Threshold: 11, Tags: [{ Key: 'other', Value: 'b' }] }));
    const [shown] = (await call('DescribeAlarms', {})).MetricAlarms ?? [];
    assert.deepEqual([shown?.Threshold, shown?.StateValue, shown?.AlarmActions], [11, 'ALARM', []]);
    const ResourceARN = shown?.AlarmArn ?? '';
    assert.deepEqual((await call('ListTagsForResource', { ResourceARN })).Tags, [{ Key: 'team', Value: 'a' }]);
    await call('TagResource', {
      ResourceARN,
      Tags: [
        { Key: 'team', Value: 'z' },
        { Key: 'x', Value: '' },
      ],
    });
    await call('UntagResource', { ResourceARN, TagKeys: ['x', 'y'] });
    assert.deepEqual((await call('ListTagsForResource', { ResourceARN })).Tags, [{ Key: 'team', Value: 'z' }]);
    assert.deepEqual(await call('ListTagsForResource', { ResourceARN: `${ResourceARN}er` }), { Tags: [] });
    await refuses('UntagResource', { ResourceARN: `${ResourceARN}er`, TagKeys: ['team'] }, 'ResourceNotFoundException');
  });
});

describe('alarms', () => {
  it('are found by name, prefix, state, action and metric, in pages', async () => {
    for (const name of ['b-2', 'b-1', 'c']) {
      await call(
        'PutMetricAlarm',
        alarm({ AlarmName: name, MetricName: 'Errors', Statistic: 'Sum', OKActions: [topic] }),
      );
    }
    const names = async (input: cloudwatch.DescribeAlarmsInput) =>
      ((await call('DescribeAlarms', input)).MetricAlarms ?? []).map(({ AlarmName }) => AlarmName);
    assert.deepEqual(await names({ AlarmNamePrefix: 'b' }), ['b-1', 'b-2']);
    assert.deepEqual(await names({ AlarmNames: ['c', 'nobody', 'b-2'] }), ['b-2', 'c']);
    assert.deepEqual(await names({ StateValue: 'ALARM' }), ['slow']);
    assert.deepEqual(await names({ ActionPrefix: 'arn:aws:sns' }), ['b-1', 'b-2', 'c']);
    assert.deepEqual(await names({ AlarmTypes: ['CompositeAlarm'] }), []);
    const first = await call('DescribeAlarms', { MaxRecords: 3 });
    const second = await call('DescribeAlarms', { MaxRecords: 3, NextToken: first.NextToken });
    assert.deepEqual(
      [...(first.MetricAlarms ?? []), ...(second.MetricAlarms ?? [])].map(({ AlarmName }) => AlarmName),
      ['b-1', 'b-2', 'c', 'slow'],
    );
    assert.equal(second.NextToken, undefined);
    const onErrors = await call('DescribeAlarmsForMetric', {
      Namespace: 'shop',
      MetricName: 'Errors',
      Statistic: 'Sum',
    });
    assert.equal(onErrors.MetricAlarms?.length, 3);
    await refuses('DescribeAlarms', { AlarmNames: ['a'], AlarmNamePrefix: 'b' }, 'ValidationError');
    await refuses('DescribeAlarms', { NextToken: '?' }, 'InvalidNextToken');
  });

  it('are deleted whatever else is named, and their history stays for thirty days', async () => {
    await call('DeleteAlarms', { AlarmNames: ['nobody'] });
    await call('DeleteAlarms', { AlarmNames: ['c', 'nobody', 'b-1'] });
    assert.equal(await stateOf('c'), undefined);
    assert.deepEqual(await historyOf('c'), ['Alarm "c" deleted', 'Alarm "c" created']);
    const all = await call('DescribeAlarmHistory', { MaxRecords: 3 });
    const rest = await call('DescribeAlarmHistory', { MaxRecords: 100, NextToken: all.NextToken });
    const times = [...(all.AlarmHistoryItems ?? []), ...(rest.AlarmHistoryItems ?? [])].map(
      (item) => item.Timestamp ?? 0,
    );
    assert.deepEqual(
      times,
      times.toSorted((left, right) => right - left),
    );
    await applyRetention(store(), now + 31 * 24 * 60 * minute);
    assert.deepEqual(await historyOf('c'), []);
  });

  it('that cannot be are refused as CloudWatch refuses them', async () => {
    const cases: readonly (readonly [Partial<cloudwatch.PutMetricAlarmInput>, RegExp])[] = [
      [{ Period: 45 }, /Period must be 10, 20, 30 or a multiple of 60/],
      [{ Period: 300, EvaluationPeriods: 289 }, /Metrics cannot be checked across more than a day/],
      [{ Period: 3_600, EvaluationPeriods: 169 }, /more than a week/],
      [{ DatapointsToAlarm: 2 }, /DatapointsToAlarm/],
      [{ ExtendedStatistic: 'p99' }, /Exactly one of Statistic and ExtendedStatistic/],
      [{ Statistic: undefined }, /Exactly one/],
      [{ Statistic: undefined, ExtendedStatistic: 'tm90' }, /not supported/],
      [{ TreatMissingData: 'maybe' }, /TreatMissingData/],
      [{ EvaluateLowSampleCountPercentile: 'ignore' }, /ExtendedStatistic/],
      [{ AlarmActions: ['call-me'] }, /Invalid arn syntax: call-me/],
      [{ OKActions: ['arn:aws:sns:eu-west-1:111122223333:x'] }, /Invalid region eu-west-1/],
      [{ MetricName: undefined }, /MetricName/],
      [{ Threshold: undefined }, /Threshold/],
      [{ ComparisonOperator: 'GreaterThanUpperThreshold' }, /anomaly detection/],
    ];
    for (const [change, text] of cases) {
      await refuses('PutMetricAlarm', alarm({ AlarmName: 'bad', ...change }), 'ValidationError', text);
    }
    assert.equal(await stateOf('bad'), undefined);
  });
});

describe('a composite alarm', () => {
  const set = (AlarmName: string, StateValue: cloudwatch.StateValue) =>
    call('SetAlarmState', { AlarmName, StateValue, StateReason: 'a drill' });
  const composite = async (name: string) =>
    (await call('DescribeAlarms', { AlarmNames: [name], AlarmTypes: ['CompositeAlarm'] })).CompositeAlarms?.[0];

  it('follows the alarms that its rule names, through other composite alarms too', async () => {
    for (const AlarmName of ['cpu', 'disk']) {
      await call('PutMetricAlarm', alarm({ AlarmName, MetricName: AlarmName, TreatMissingData: 'ignore' }));
    }
    await call('PutCompositeAlarm', { AlarmName: 'both', AlarmRule: 'ALARM("cpu") AND ALARM(disk)' });
    const cpu = 'arn:aws:cloudwatch:us-east-1:111122223333:alarm:cpu';
    await call('PutCompositeAlarm', {
      AlarmName: 'top',
      AlarmRule: `ALARM(both) OR NOT (OK(${cpu}) OR ALARM(${cpu}))`,
    });
    assert.equal((await composite('both'))?.StateValue, 'INSUFFICIENT_DATA');
    await evaluate();
    assert.deepEqual(
      [(await composite('both'))?.StateReason, (await composite('top'))?.StateValue],
      ['arn:aws:cloudwatch:us-east-1:111122223333:alarm:both was created and its alarm rule evaluates to OK', 'ALARM'],
    );
    pass(1);
    await set('cpu', 'ALARM');
    await evaluate();
    assert.equal((await composite('top'))?.StateValue, 'OK');
    now += 1_000;
    await set('disk', 'ALARM');
    await evaluate();
    const both = await composite('both');
    assert.deepEqual([both?.StateValue, (await composite('top'))?.StateValue], ['ALARM', 'ALARM']);
    assert.match(
      both?.StateReason ?? '',
      /alarm:disk transitioned to ALARM at Friday 25 September, 2026 21:\d\d:11 UTC$/,
    );
    const family = async (input: cloudwatch.DescribeAlarmsInput) => {
      const { MetricAlarms = [], CompositeAlarms = [] } = await call('DescribeAlarms', input);
      return [...CompositeAlarms, ...MetricAlarms].map(({ AlarmName }) => AlarmName);
    };
    assert.deepEqual(await family({ ChildrenOfAlarmName: 'top' }), ['both', 'cpu']);
    assert.deepEqual(await family({ ParentsOfAlarmName: 'cpu' }), ['both', 'top']);
  });

  it('is refused where its rule is wrong, and keeps what it names from being deleted', async () => {
    for (const AlarmRule of ['ALARM(cpu', 'cpu', 'ALARM(cpu) XOR TRUE', 'TRUE AND', 'NOT', '()', 'alarm(cpu)']) {
      await refuses('PutCompositeAlarm', { AlarmName: 'bad', AlarmRule }, 'ValidationError', /AlarmRule is not valid/);
    }
    await refuses('PutCompositeAlarm', { AlarmName: 'bad', AlarmRule: 'OK(nobody)' }, 'ValidationError', /\[nobody\]/);
    await refuses('PutCompositeAlarm', { AlarmName: 'cpu', AlarmRule: 'TRUE' }, 'ValidationError', /another type/);
    await refuses('DeleteAlarms', { AlarmNames: ['cpu'] }, 'ValidationError', /depending on it/);
    await refuses('DeleteAlarms', { AlarmNames: ['both'] }, 'ValidationError', /depending on it/);
    await call('DeleteAlarms', { AlarmNames: ['top'] });
    await call('DeleteAlarms', { AlarmNames: ['both'] });
    await call('DeleteAlarms', { AlarmNames: ['cpu', 'disk'] });
  });

  it('whose rule leads back to itself is left as it is', async () => {
    await call('PutCompositeAlarm', { AlarmName: 'a', AlarmRule: 'FALSE' });
    await call('PutCompositeAlarm', { AlarmName: 'b', AlarmRule: 'NOT ALARM(a)' });
    await evaluate();
    await call('PutCompositeAlarm', { AlarmName: 'a', AlarmRule: 'ALARM(b)' });
    await evaluate();
    assert.deepEqual([(await composite('a'))?.StateValue, (await composite('b'))?.StateValue], ['OK', 'ALARM']);
  });
});
