import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { decidePolicies, decideResourcePolicies } from '../src/domain/policy.ts';
import type { PolicyStatement } from '../src/domain/policy.ts';
import type { PolicyPrincipal } from '../src/domain/principals.ts';

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
        Condition: { NumericLessThan: { 'ecr:ImageCount': '60' } },
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
        Condition: { NumericLessThan: { 'ecr:ImageCount': '60' } },
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
    'log groups by their stream without a name',
    [{ Effect: 'Allow', Action: '*', Resource: group }],
    'logs:PutRetentionPolicy',
    `${group}:log-stream:`,
    'allowed',
  ],
  [
    'log groups with a longer name',
    [{ Effect: 'Allow', Action: '*', Resource: `${group}:*` }],
    'logs:PutRetentionPolicy',
    `${group}b:log-stream:`,
    'implicit-deny',
  ],
  [
    'listing log groups, for all of them',
    [{ Effect: 'Allow', Action: '*', Resource: 'arn:aws:logs:us-east-1:1:*' }],
    'logs:DescribeLogGroups',
    'arn:aws:logs:us-east-1:1:log-group::log-stream:',
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

const roleArn = 'arn:aws:iam::111122223333:role/teams/build';
const me = { account: '111122223333', arn: 'arn:aws:sts::111122223333:assumed-role/build/job-1', roleArn };
const root = { account: me.account, arn: 'arn:aws:iam::111122223333:root' };
const pull = { action: 'ecr:BatchGetImage', resource: 'arn:aws:ecr:us-east-1:444455556666:repository/app' };
const decideFor = (principal: PolicyPrincipal, ...Statement: readonly object[]) =>
  decideResourcePolicies([{ Version: '2012-10-17', Statement: Statement as never }], pull, principal);

test('resource policies: they name sessions and roles themselves, or leave it to the account', () => {
  const allow = (Principal: unknown, principal: PolicyPrincipal = me) =>
    decideFor(principal, { Effect: 'Allow', Principal, Action: 'ecr:BatchGetImage' });
  const itself = ['*', { AWS: '*' }, { AWS: roleArn }, { AWS: me.arn }, { AWS: ['999999999999', roleArn] }];
  for (const principal of itself) assert.equal(allow(principal), 'allowed', JSON.stringify(principal));
  const account = [{ AWS: '111122223333' }, { AWS: ['999999999999', root.arn] }];
  for (const principal of account) assert.equal(allow(principal), 'account-allowed', JSON.stringify(principal));
  const others = [
    undefined,
    {},
    { Service: 'ecs.amazonaws.com' },
    { AWS: '444455556666' },
    { AWS: `${me.arn}0` },
    { AWS: 'arn:aws:iam::111122223333:role/build' },
  ];
  for (const principal of others) assert.equal(allow(principal), 'implicit-deny', JSON.stringify(principal));
  assert.equal(allow({ AWS: root.arn }, root), 'allowed');
  const withoutPath = { ...me, roleArn: undefined };
  assert.equal(allow({ AWS: 'arn:aws:iam::111122223333:role/build' }, withoutPath), 'allowed');
});

test('resource policies: a deny wins, and for an account it is for everybody in it', () => {
  const allowed = { Effect: 'Allow', Principal: '*', Action: 'ecr:*' };
  for (const AWS of ['*', me.account, root.arn, roleArn, me.arn]) {
    const deny = { Effect: 'Deny', Principal: { AWS }, Action: '*' };
    assert.equal(decideFor(me, allowed, deny), 'explicit-deny', AWS);
  }
  assert.equal(decideFor(me, { ...allowed, Action: 'ecr:PutImage' }), 'implicit-deny');
});

test('resource policies: NotPrincipal leaves out whose account, role and session it lists', () => {
  const allowed = { Effect: 'Allow', Principal: '*', Action: 'ecr:*' };
  const except = (AWS: unknown, principal: PolicyPrincipal = me) =>
    decideFor(principal, allowed, { Effect: 'Deny', NotPrincipal: { AWS }, Action: '*' });
  assert.equal(except([me.account, roleArn, me.arn]), 'allowed');
  assert.equal(except([root.arn, roleArn, me.arn]), 'allowed');
  assert.equal(except('*'), 'allowed');
  const partly = [me.account, [me.arn], [roleArn, me.arn], [me.account, me.arn], [me.account, roleArn], '444455556666'];
  for (const AWS of partly) assert.equal(except(AWS), 'explicit-deny', JSON.stringify(AWS));
  assert.equal(except(me.account, root), 'allowed');
  assert.equal(except([roleArn, me.arn], root), 'explicit-deny');
});
