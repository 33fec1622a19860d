/** Properties of the codecs: what one side writes the other reads back, for generated values of real shapes. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode } from 'cbor-x';
import fc from 'fast-check';
import { cloudwatchModel, ecrModel, ecsModel, iamModel, logsModel, stsModel } from '../src/index.ts';
import type { ModelTable } from '../src/index.ts';
import { cborProtocol } from '../src/protocols/cbor.ts';
import { jsonProtocol } from '../src/protocols/json.ts';
import { queryProtocol } from '../src/protocols/query.ts';
import { constraintsOf } from '../src/shapes/constraints.ts';
import { patternTest } from '../src/shapes/patterns.ts';
import { detailed } from '../src/shapes/table.ts';

const models = [ecsModel, ecrModel, logsModel, cloudwatchModel, iamModel, stsModel];

/** Values of a shape; deep structures end in empty ones. */
const valuesOf = (table: ModelTable, name: string, depth = 0): fc.Arbitrary<unknown> => {
  const shape = table.shapes[name];
  assert.ok(shape);
  const of = (use: Parameters<typeof detailed>[0] | undefined) => valuesOf(table, detailed(use ?? '').shape, depth + 1);
  if (shape.type === 'structure') {
    if (depth > 4) return fc.constant({});
    const members = Object.fromEntries(Object.entries(shape.members ?? {}).map(([member, use]) => [member, of(use)]));
    return fc.record(members, { requiredKeys: [], noNullPrototype: true });
  }
  if (shape.type === 'list') return depth > 4 ? fc.constant([]) : fc.array(of(shape.member), { maxLength: 3 });
  if (shape.type === 'map') {
    return depth > 4
      ? fc.constant({})
      : fc.dictionary(fc.string({ minLength: 1, maxLength: 5 }), of(shape.value), {
          maxKeys: 3,
          noNullPrototype: true,
        });
  }
  if (shape.type === 'integer') return fc.integer();
  if (shape.type === 'long') return fc.maxSafeInteger();
  if (shape.type === 'double' || shape.type === 'float')
    return fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0);
  if (shape.type === 'boolean') return fc.boolean();
  if (shape.type === 'timestamp') return fc.integer({ min: 0, max: 4_000_000_000_000 });
  if (shape.type === 'blob') return fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes));
  return fc.string({ unit: 'grapheme', maxLength: 10 });
};

/** The output of an operation, read back as if it were an input: both directions share their scalars. */
const asInput = (table: ModelTable): ModelTable => ({
  ...table,
  operations: Object.fromEntries(
    Object.entries(table.operations).map(([name, operation]) => [
      name,
      operation.output === undefined ? operation : { ...operation, input: operation.output },
    ]),
  ),
});

const sampled = [
  'DescribeTasks',
  'RegisterTaskDefinition',
  'DescribeImages',
  'GetQueryResults',
  'GetMetricData',
  'DescribeAlarms',
  'GetUser',
  'ListClusters',
];

test('JSON and CBOR: what is written is read back', () => {
  for (const { table } of models) {
    for (const protocol of [jsonProtocol(asInput(table)), cborProtocol(asInput(table))]) {
      for (const name of sampled.filter((each) => Object.hasOwn(table.operations, each))) {
        const values = valuesOf(table, table.operations[name]?.output ?? '');
        fc.assert(
          fc.property(values, (value) => {
            const { body } = protocol.writeOutput(name, value, 'r');
            assert.deepEqual(protocol.readInput(name, Buffer.from(body), ''), value);
          }),
          { numRuns: 20 },
        );
      }
    }
  }
});

/** Flattens a value as clients of the query protocol do. */
const parameters = (value: unknown, prefix: string): readonly string[] => {
  if (Buffer.isBuffer(value)) return [`${prefix}=${encodeURIComponent(value.toString('base64'))}`];
  if (Array.isArray(value)) return value.flatMap((item, index) => parameters(item, `${prefix}.member.${index + 1}`));
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([name, item]) =>
      parameters(item, prefix === '' ? name : `${prefix}.${name}`),
    );
  }
  return [`${prefix}=${encodeURIComponent(String(value))}`];
};

test('query: forms are read into the values they were made of', () => {
  const { table } = cloudwatchModel;
  const protocol = queryProtocol(table);
  const data = fc.array(
    fc.record({
      MetricName: fc.string({ unit: 'grapheme' }),
      Value: fc.double({ noNaN: true }),
      StorageResolution: fc.integer(),
      Timestamp: fc
        .date({ min: new Date(0), max: new Date('2099-01-01'), noInvalidDate: true })
        .map((date) => date.toISOString()),
      Dimensions: fc.array(fc.record({ Name: fc.string(), Value: fc.string() }, { noNullPrototype: true }), {
        minLength: 1,
        maxLength: 3,
      }),
    }),
    { minLength: 1, maxLength: 12 },
  );
  fc.assert(
    fc.property(
      fc.record({ Namespace: fc.string(), MetricData: data, StrictEntityValidation: fc.boolean() }),
      (input) => {
        const form = ['Action=PutMetricData', ...parameters(input, '')].join('&');
        const expected = {
          ...input,
          MetricData: input.MetricData.map((datum) => ({
            ...datum,
            Timestamp: Date.parse(datum.Timestamp),
            Value: datum.Value + 0,
          })),
        };
        const read = protocol.readInput('PutMetricData', Buffer.from(form), '') as typeof expected;
        assert.deepEqual(
          { ...read, MetricData: read.MetricData.map((datum) => ({ ...datum, Value: datum.Value + 0 })) },
          expected,
        );
      },
    ),
  );
});

test('query: any text survives XML, control characters excepted', () => {
  const protocol = queryProtocol(iamModel.table);
  const { body } = protocol.writeOutput('GetUser', { User: { UserName: '<&>"\r\n\u0001\ud800é' } }, 'r');
  assert.match(String(body), /<UserName>&lt;&amp;&gt;&quot;&#xD;\n\uFFFD\uFFFDé<\/UserName>/);
});

test('junk is refused, never crashed on', () => {
  for (const { table } of models) {
    const protocols = [jsonProtocol(table), cborProtocol(table), queryProtocol(table)];
    const operations = Object.keys(table.operations);
    fc.assert(
      fc.property(
        fc.constantFrom(...operations),
        fc.oneof(
          fc.json().map((text) => Buffer.from(text)),
          fc.uint8Array().map((bytes) => Buffer.from(bytes)),
        ),
        (name, body) => {
          for (const protocol of protocols) {
            try {
              constraintsOf(table, true)(table.operations[name]?.input ?? '', protocol.readInput(name, body, ''));
            } catch (error) {
              if (table.operations[name]?.input !== undefined)
                assert.equal((error as { code?: string }).code, 'SerializationException');
            }
          }
        },
      ),
      { numRuns: 60 },
    );
  }
});

test('CBOR: times are tag 1 and large numbers integers', () => {
  const protocol = cborProtocol(cloudwatchModel.table);
  const { body } = protocol.writeOutput('GetMetricStatistics', { Datapoints: [{ Timestamp: 1_795_373_069_820 }] }, 'r');
  const value = decode(Buffer.from(body)) as { Datapoints: { Timestamp: unknown }[] };
  assert.deepEqual(value.Datapoints[0]?.Timestamp, new Date(1_795_373_069_820));
});

test('no pattern of the models takes long on hostile text', () => {
  const hostile = ['a', '-', 'a-', '/', 'a/', '.', 'a.', '_', '*', 'arn:aws:', '0', ' ', 'a__'].map(
    (text) => `${text.repeat(4000).slice(0, 8000)}!`,
  );
  for (const { table } of models) {
    for (const { pattern } of Object.values(table.shapes)) {
      const matches = pattern === undefined ? undefined : patternTest(pattern);
      if (matches === undefined) continue;
      const started = performance.now();
      for (const text of hostile) matches(text);
      assert.ok(performance.now() - started < 1000, `${table.service}: ${pattern}`);
    }
  }
});

test('constraints name the member, inside lists too', () => {
  const violations = constraintsOf(logsModel.table, true);
  const input = {
    logGroupName: 'g:',
    logStreamName: 's',
    logEvents: [{ timestamp: 1, message: 'm' }, { message: '' }],
  };
  const found = violations('PutLogEventsRequest', input).map(({ path, rule }) => `${path.join('.')} ${rule.kind}`);
  assert.deepEqual(found, [
    'logGroupName pattern',
    'logEvents.2.member.timestamp required',
    'logEvents.2.member.message min-length',
  ]);
});
