import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { matches, type InstanceFacts } from '../src/domain/placement/query-language/match-query.ts';
import { parseQuery } from '../src/domain/placement/query-language/parse-query.ts';
import { parsePattern } from '../src/domain/placement/query-language/pattern.ts';
import { printQuery } from '../src/domain/placement/query-language/print-query.ts';
import { operatorsOf, type Query, type Subject } from '../src/domain/placement/query-language/query.ts';

const facts: InstanceFacts = {
  agentConnected: true,
  agentVersion: '1.72.0',
  ec2InstanceId: 'i-abcd1234',
  registeredAt: Date.UTC(2018, 5, 18, 22, 28, 28),
  runningTasksCount: 2,
  attributes: new Map([
    ['ecs.instance-type', 't2.small'],
    ['ecs.availability-zone', 'us-east-1a'],
    ['disks', '10'],
    ['ecs.capability.full-sync', ''],
  ]),
  taskGroups: new Set(['service:production', 'database']),
};

const answers: readonly (readonly [string, boolean])[] = [
  ['attribute:ecs.instance-type == t2.small', true],
  ['attribute:ecs.instance-type==t2.small', true],
  ['attribute:ecs.instance-type equals t2.micro', false],
  ['attribute:ecs.availability-zone in [us-east-1a, us-east-1b]', true],
  ['attribute:ecs.availability-zone not_in [us-east-1a,us-east-1b]', false],
  ['attribute:ecs.availability-zone !in [ us-east-1c ]', true],
  ['attribute:ecs.instance-type =~ t2.* and attribute:ecs.availability-zone != us-east-1d', true],
  ['attribute:ecs.instance-type =~ t2', false],
  ['attribute:ecs.instance-type !~ g2.*', true],
  ["attribute:ecs.instance-type matches '(t2|t3)\\.(small|large)'", true],
  ['attribute:ecs.instance-type =~ m4.*|t2.*', true],
  ['attribute:disks > 9', true],
  ['attribute:disks greater_than_equal 10', true],
  ['attribute:disks less_than 9', false],
  ['attribute:missing == a', false],
  ['attribute:missing != a', true],
  ['attribute:missing !exists', true],
  ['attribute:missing > 1', false],
  ['attribute:ecs.capability.full-sync exists', true],
  ['not(attribute:ecs.capability.full-sync exists)', false],
  ['task:group == service:production', true],
  ['not(task:group == database)', false],
  ['task:group != other', true],
  ['task:group =~ service:.*', true],
  ['task:group in [a, database]', true],
  ['runningTasksCount == 1', false],
  ['runningTasksCount>=2', true],
  ['agentVersion < 1.14.5', false],
  ['agentVersion less_than 1.100.0', true],
  ['agentConnected == true', true],
  ['agentConnected in [false]', false],
  ['registeredAt < 2018-02-13', false],
  ['registeredAt == 2018-06-18T22:28:28+00:00', true],
  ['registeredAt <= 2018-06-18T22:28:28', true],
  ["ec2InstanceId in ['i-abcd1234', 'i-wxyx7890']", true],
  ['(agentConnected == false or runningTasksCount < 5) && attribute:disks exists', true],
  ['agentConnected == false || runningTasksCount < 1 && attribute:disks exists', false],
  ['!(agentConnected == false)&&attribute:disks==10', true],
];

const refusals: readonly (readonly [string, number])[] = [
  ['', 1],
  ['attribute: == a', 11],
  ['colour == red', 1],
  ['attribute:a', 12],
  ['attribute:a ==', 15],
  ['attribute:a == b c', 18],
  ['attribute:a in b', 16],
  ['attribute:a in [b', 18],
  ['(attribute:a exists', 20],
  ['attribute:a == "b', 18],
  ['agentVersion =~ 1.*', 14],
  ['agentVersion == old', 17],
  ['runningTasksCount > few', 21],
  ['registeredAt > yesterday', 16],
  ['attribute:a =~ *', 16],
  ["attribute:a =~ '(?=x)'", 16],
  ['agentConnected == yes', 19],
  ['attribute:a exists and', 23],
];

const text = fc.oneof(
  fc.string({ minLength: 1 }),
  fc.stringMatching(/^[a-z0-9.-]{1,8}$/),
  fc.constantFrom("it's", 'a b', '"', '))', '&&', '||', 'and', '[x]'),
);

const subjects: fc.Arbitrary<Subject> = fc.oneof(
  fc.stringMatching(/^[\w./\\-]{1,10}$/).map((name): Subject => ({ kind: 'attribute', name })),
  fc.constantFrom<Subject>(
    { kind: 'agentConnected' },
    { kind: 'agentVersion' },
    { kind: 'ec2InstanceId' },
    { kind: 'registeredAt' },
    { kind: 'runningTasksCount' },
    { kind: 'taskGroup' },
  ),
);

const literals: { readonly [Kind in Subject['kind']]: fc.Arbitrary<string> } = {
  agentConnected: fc.constantFrom('true', 'false'),
  agentVersion: fc.constantFrom('1.2.3', '1', 'v1.100.0'),
  attribute: text,
  ec2InstanceId: text,
  registeredAt: fc.constantFrom('2018-06-18', '2018-06-18T22:28:28', '2018-06-18T22:28:28Z'),
  runningTasksCount: fc.nat(1000).map(String),
  taskGroup: text,
};

const comparisons: fc.Arbitrary<Query> = subjects
  .chain((subject) => fc.tuple(fc.constant(subject), fc.constantFrom(...operatorsOf[subject.kind])))
  .chain(([subject, operator]) => {
    const count =
      operator === 'in' || operator === '!in' ? { minLength: 1, maxLength: 3 } : { minLength: 1, maxLength: 1 };
    const value =
      operator === '=~' || operator === '!~'
        ? fc.constantFrom('a.*', '(a|b)+', '[x-z]{2,3}', "it's")
        : operator === 'in' || operator === '!in'
          ? text
          : literals[subject.kind];
    const values = operator === 'exists' || operator === '!exists' ? fc.constant([]) : fc.array(value, count);
    return values.map((each) => ({ kind: 'comparison' as const, subject, operator, values: each }));
  });

/** The parser flattens chains of one kind, so a generated chain holds none of its own kind. */
const queries = fc.letrec<{ query: Query; and: Query; or: Query; not: Query; comparison: Query }>((tie) => ({
  query: fc.oneof({ maxDepth: 3 }, tie('comparison'), tie('and'), tie('or'), tie('not')),
  comparison: comparisons,
  not: tie('query').map((operand) => ({ kind: 'not' as const, operand })),
  and: fc
    .array(fc.oneof({ maxDepth: 3 }, tie('comparison'), tie('or'), tie('not')), { minLength: 2, maxLength: 3 })
    .map((operands) => ({ kind: 'and' as const, operands })),
  or: fc
    .array(fc.oneof({ maxDepth: 3 }, tie('comparison'), tie('and'), tie('not')), { minLength: 2, maxLength: 3 })
    .map((operands) => ({ kind: 'or' as const, operands })),
})).query;

describe('the cluster query language', () => {
  for (const [expression, expected] of answers) {
    it(`answers ${expected} to ${expression}`, () => {
      assert.equal(matches(parseQuery(expression), facts), expected);
    });
  }

  for (const [expression, position] of refusals) {
    it(`refuses "${expression}" at position ${position}`, () => {
      assert.throws(() => parseQuery(expression), {
        code: 'InvalidParameterException',
        message: new RegExp(`position ${position}[,.]`),
      });
    });
  }

  it('reads what it prints as the same query', () => {
    fc.assert(
      fc.property(queries, (query) => {
        const printed = printQuery(query);
        fc.pre(printed.length <= 2000);
        assert.deepEqual(parseQuery(printed), query);
      }),
    );
  });

  it('answers or refuses any text', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[a-z:()[\]!=<>~&|' ]{0,40}$/)), (expression) => {
        try {
          matches(parseQuery(expression), facts);
        } catch (error) {
          assert.equal((error as { code?: string }).code, 'InvalidParameterException');
        }
      }),
    );
  });

  it('refuses nesting that nobody means', () => {
    assert.throws(() => parseQuery('('.repeat(1900)), { code: 'InvalidParameterException' });
    assert.throws(() => parseQuery('!'.repeat(1900)), { code: 'InvalidParameterException' });
  });
});

describe('a pattern', () => {
  it('agrees with the runtime on generated patterns and texts', () => {
    const pattern = fc.stringMatching(/^(?:[ab.]|a[*+?]|b\{1,2\}|\(a\|b\)[*+?]?|\[ab\]|\[\^a\]|\\d|\|){0,8}$/);
    fc.assert(
      fc.property(pattern, fc.stringMatching(/^[ab1]{0,6}$/), (source, value) => {
        assert.equal(parsePattern(source)?.test(value), new RegExp(`^(?:${source})$`, 'u').test(value));
      }),
    );
  });

  it('takes time in proportion where backtracking would not end', () => {
    assert.equal(parsePattern('(a+)+b')?.test('a'.repeat(128)), false);
  });

  it('refuses what has no automaton, or too large a one', () => {
    for (const source of ['(a)\\1', '(?=a)', 'a++', '[', '(', 'a{2,1}', '((a{1000}){1000})', 'a)']) {
      assert.equal(parsePattern(source), undefined, source);
    }
  });
});
