import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decidePolicies, decideResourcePolicies } from '../src/domain/policy.ts';
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
    [
      {
        Effect: 'Allow',
        Action: '*',
        Resource: '*',
        Condition: { NumericLessThan: { 'aws:MultiFactorAuthAge': '60' } },
      },
    ],
    'ecs:RunTask',
    'x',
    'implicit-deny',
  ],
  [
    'a condition denies unread',
    [
      { Effect: 'Allow', Action: '*', Resource: '*' },
      {
        Effect: 'Deny',
        Action: '*',
        Resource: '*',
        Condition: { NumericLessThan: { 'aws:MultiFactorAuthAge': '60' } },
      },
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

const me = { account: '111122223333', arn: 'arn:aws:sts::111122223333:assumed-role/build/job-1' };
const pull = { action: 'ecr:BatchGetImage', resource: 'arn:aws:ecr:us-east-1:444455556666:repository/app' };
const context = new Map([
  ['aws:principalaccount', me.account],
  ['aws:principalarn', me.arn],
]);
const resourceDecision = (...Statement: readonly object[]) =>
  decideResourcePolicies([{ Version: '2012-10-17', Statement: Statement as never }], { ...pull, context }, me);

test('resource policies: they name accounts, roles and sessions', () => {
  const allow = (Principal: unknown) => resourceDecision({ Effect: 'Allow', Principal, Action: 'ecr:BatchGetImage' });
  const named = [
    '*',
    { AWS: '*' },
    { AWS: '111122223333' },
    { AWS: ['999999999999', 'arn:aws:iam::111122223333:root'] },
    { AWS: 'arn:aws:iam::111122223333:role/build' },
    { AWS: 'arn:aws:iam::111122223333:role/service-role/build' },
    { AWS: me.arn },
  ];
  for (const principal of named) assert.equal(allow(principal), 'allowed', JSON.stringify(principal));
  const others = [undefined, {}, { Service: 'ecs.amazonaws.com' }, { AWS: '444455556666' }, { AWS: `${me.arn}0` }];
  for (const principal of others) assert.equal(allow(principal), 'implicit-deny', JSON.stringify(principal));
});

test('resource policies: a deny wins, and NotPrincipal is everybody else', () => {
  const allowed = { Effect: 'Allow', Principal: '*', Action: 'ecr:*' };
  assert.equal(
    resourceDecision(allowed, { Effect: 'Deny', Principal: { AWS: me.account }, Action: '*' }),
    'explicit-deny',
  );
  const exceptMe = { Effect: 'Deny', NotPrincipal: { AWS: me.arn }, Action: '*' };
  assert.equal(resourceDecision(allowed, exceptMe), 'allowed');
  assert.equal(resourceDecision(allowed, { ...exceptMe, NotPrincipal: { AWS: '444455556666' } }), 'explicit-deny');
  assert.equal(resourceDecision({ ...allowed, Action: 'ecr:PutImage' }), 'implicit-deny');
});

test('conditions are met, not met, or in doubt', () => {
  const allow = (Condition: object) => resourceDecision({ Effect: 'Allow', Principal: '*', Action: '*', Condition });
  const deny = (Condition: object) =>
    resourceDecision(
      { Effect: 'Allow', Principal: '*', Action: '*' },
      { Effect: 'Deny', Principal: '*', Action: '*', Condition },
    );
  const isMe = { StringEquals: { 'aws:PrincipalAccount': ['1', me.account] } };
  assert.deepEqual([allow(isMe), deny(isMe)], ['allowed', 'explicit-deny']);
  const isNotMe = { StringNotEquals: { 'aws:principalaccount': me.account } };
  assert.deepEqual([allow(isNotMe), deny(isNotMe)], ['implicit-deny', 'allowed']);
  const like = { ArnLike: { 'aws:PrincipalArn': 'arn:aws:sts::*:assumed-role/build/*' } };
  assert.deepEqual([allow(like), deny({ ...like, ...isNotMe })], ['allowed', 'allowed']);
  const unknown = { IpAddress: { 'aws:SourceIp': '10.0.0.0/8' } };
  assert.deepEqual([allow(unknown), deny(unknown)], ['implicit-deny', 'explicit-deny']);
  const missing = { StringEquals: { 'aws:PrincipalType': 'User' } };
  assert.deepEqual([allow(missing), deny(missing)], ['implicit-deny', 'allowed']);
  assert.equal(allow({ StringEqualsIfExists: { 'aws:PrincipalType': 'User' } }), 'allowed');
  assert.equal(allow({ Null: { 'aws:PrincipalType': 'true' } }), 'allowed');
});
