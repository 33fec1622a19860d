import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decidePolicies } from '../src/domain/policy.ts';
import type { PolicyStatement } from '../src/domain/policy.ts';

const decide = (statements: readonly PolicyStatement[], action: string, resource: string) =>
  decidePolicies([{ Version: '2012-10-17', Statement: statements }], { action, resource });

const group = 'arn:aws:logs:us-east-1:1:log-group:/ecs/a';
const cases: readonly (readonly [string, readonly PolicyStatement[], string, string, string])[] = [
  ['nothing allows', [], 'ecs:RunTask', '*', 'implicit-deny'],
  ['a wildcard action', [{ Effect: 'Allow', Action: 'ecs:Run*', Resource: '*' }], 'ecs:RunTask', 'x', 'allowed'],
  ['actions ignore case', [{ Effect: 'Allow', Action: 'ECS:runtask', Resource: '*' }], 'ecs:RunTask', 'x', 'allowed'],
  ['resources do not', [{ Effect: 'Allow', Action: '*', Resource: 'arn:A' }], 'ecs:RunTask', 'arn:a', 'implicit-deny'],
  ['one character', [{ Effect: 'Allow', Action: 'ecs:RunTas?', Resource: '*' }], 'ecs:RunTask', 'x', 'allowed'],
  ['dots are dots', [{ Effect: 'Allow', Action: '*', Resource: 'a.c' }], 'ecs:RunTask', 'abc', 'implicit-deny'],
  [
    'an explicit deny wins',
    [
      { Effect: 'Allow', Action: '*', Resource: '*' },
      { Effect: 'Deny', Action: 'ecs:*', Resource: '*' },
    ],
    'ecs:RunTask',
    'x',
    'explicit-deny',
  ],
  ['NotAction', [{ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' }], 'iam:GetUser', 'x', 'implicit-deny'],
  ['NotResource', [{ Effect: 'Allow', Action: '*', NotResource: 'a*' }], 'ecs:RunTask', 'b', 'allowed'],
  [
    'a condition never allows unread',
    [{ Effect: 'Allow', Action: '*', Resource: '*', Condition: {} }],
    'ecs:RunTask',
    'x',
    'implicit-deny',
  ],
  [
    'a condition denies unread',
    [
      { Effect: 'Allow', Action: '*', Resource: '*' },
      { Effect: 'Deny', Action: '*', Resource: '*', Condition: {} },
    ],
    'ecs:RunTask',
    'x',
    'explicit-deny',
  ],
  [
    'log groups with and without :*',
    [{ Effect: 'Allow', Action: '*', Resource: `${group}:*` }],
    'logs:FilterLogEvents',
    group,
    'allowed',
  ],
  [
    'log streams below :*',
    [{ Effect: 'Allow', Action: '*', Resource: `${group}:*` }],
    'logs:PutLogEvents',
    `${group}:log-stream:s`,
    'allowed',
  ],
];

for (const [name, statements, action, resource, decision] of cases) {
  test(`policies: ${name}`, () => assert.equal(decide(statements, action, resource), decision));
}

const texts = fc.string({ minLength: 1, maxLength: 12 });
const statements = fc.record({
  Effect: fc.constantFrom('Allow' as const, 'Deny' as const),
  Action: fc.array(fc.constantFrom('ecs:*', 'ecs:RunTask', 'logs:Put*', '*', 'iam:?*'), { minLength: 1, maxLength: 3 }),
  Resource: fc.oneof(texts, fc.constant('*')),
});

test('policies: adding a deny of everything denies, and order does not matter', () => {
  fc.assert(
    fc.property(
      fc.array(statements),
      fc.constantFrom('ecs:RunTask', 'logs:PutLogEvents'),
      texts,
      (list, action, resource) => {
        const deny: PolicyStatement = { Effect: 'Deny', Action: '*', Resource: '*' };
        assert.equal(decide([...list, deny], action, resource), 'explicit-deny');
        assert.equal(decide(list, action, resource), decide(list.toReversed(), action, resource));
      },
    ),
  );
});
