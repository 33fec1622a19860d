/** Condition operators, missing keys, variables: the cases of the IAM user guide, as statements of real policies. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decidePolicies } from '../src/domain/policy.ts';

const request: Readonly<Record<string, string>> = {
  'aws:currenttime': '2026-11-29T12:00:00Z',
  'aws:epochtime': '1795953600',
  'aws:principalaccount': '111122223333',
  'aws:principalarn': 'arn:aws:iam::111122223333:role/teams/build',
  'aws:securetransport': 'false',
  'aws:sourceip': '203.0.113.7',
  'aws:useragent': 'docker/29 *',
  'aws:userid': 'AROAEXAMPLE:job-1',
};
const context = new Map(Object.entries(request));

const decide = (Condition: object, Version: string | undefined = '2012-10-17') => {
  const asked = { action: 'ecr:PutImage', resource: 'r', context };
  const statement = { Action: '*', Resource: '*', Condition };
  const everything = { Effect: 'Allow' as const, Action: '*', Resource: '*' };
  const allow = decidePolicies([{ Version, Statement: [{ ...statement, Effect: 'Allow' }] }], asked);
  const deny = decidePolicies([{ Version, Statement: [everything, { ...statement, Effect: 'Deny' }] }], asked);
  return [allow, deny].join(' ');
};

const holds = 'allowed explicit-deny';
const fails = 'implicit-deny allowed';
const doubt = 'implicit-deny explicit-deny';

const cases: Readonly<Record<string, readonly (readonly [string, unknown, string])[]>> = {
  'aws:PrincipalAccount': [
    ['StringEquals', '111122223333', holds],
    ['StringEquals', ['1', '111122223333'], holds],
    ['StringEquals', '1111*', fails],
    ['StringLike', '1111*', holds],
    ['StringNotEquals', ['1', '111122223333'], fails],
    ['StringNotEquals', ['1', '2'], holds],
    ['StringNotLike', '1111????3333', fails],
    ['StringEqualsIfExists', '1', fails],
    ['ForAnyValue:StringEquals', ['1', '111122223333'], holds],
    ['ForAllValues:StringEquals', '1', fails],
    ['ForAllValues:StringNotEquals', '1', holds],
    ['Null', 'false', holds],
    ['Null', 'true', fails],
    ['Null', true, fails],
    ['StringAlmost', '111122223333', doubt],
    ['ForSomeValues:StringEquals', '111122223333', doubt],
  ],
  'aws:PrincipalArn': [
    ['ArnLike', 'arn:aws:iam::*:role/*/build', holds],
    ['ArnEquals', 'arn:aws:iam::111122223333:role/teams/*', holds],
    ['ArnEquals', 'arn:aws:iam::111122223333:role/build', fails],
    ['ArnNotLike', 'arn:*:iam::111122223333:role/*', fails],
    // A star stays in its own part of the ARN with this operator, not with the one for texts.
    ['ArnLike', 'arn:aws:*:role/teams/build', doubt],
    ['ArnLike', 'arn:aws:i*::*:*:role/teams/build', fails],
    ['StringLike', 'arn:aws:*:role/teams/build', holds],
  ],
  'aws:CurrentTime': [
    ['DateGreaterThan', '2026-11-29T11:59:59Z', holds],
    ['DateGreaterThan', '2026-11-29T12:00:00Z', fails],
    ['DateGreaterThanEquals', '2026-11-29T13:00:00+01:00', holds],
    ['DateLessThan', '2026-12-01', holds],
    ['DateLessThanEquals', '1795953600', holds],
    ['DateNotEquals', '2026-11-29T12:00:00Z', fails],
    ['DateLessThan', 'tomorrow', doubt],
  ],
  'aws:EpochTime': [
    ['NumericGreaterThanEquals', '1795953600', holds],
    ['NumericLessThan', 1795953600, fails],
    ['NumericLessThanEquals', '1795953600.5', holds],
    ['NumericGreaterThan', '1e3', holds],
    ['NumericEquals', '1795953600', holds],
    ['NumericNotEquals', '1795953600', fails],
    ['DateEquals', '2026-11-29T12:00:00Z', holds],
    ['NumericLessThan', 'many', doubt],
  ],
  'aws:SourceIp': [
    ['IpAddress', '203.0.113.0/24', holds],
    ['IpAddress', ['10.0.0.0/8', '203.0.113.7'], holds],
    ['IpAddress', '203.0.113.8', fails],
    ['NotIpAddress', ['10.0.0.0/8', '192.0.2.0/24'], holds],
    ['NotIpAddress', '203.0.113.0/29', fails],
    ['IpAddress', '2001:db8::/32', fails],
    ['IpAddress', '0.0.0.0/0', holds],
    ['IpAddress', '203.0.113.0/33', doubt],
    ['IpAddress', 'here', doubt],
  ],
  'aws:SecureTransport': [
    ['Bool', 'false', holds],
    ['Bool', false, holds],
    ['Bool', 'TRUE', fails],
    ['BoolIfExists', 'true', fails],
  ],
  // Keys that this request lacks: a positive operator fails, a negative one holds, IfExists holds.
  'aws:PrincipalOrgID': [
    ['StringEquals', 'o-1', fails],
    ['StringNotEquals', 'o-1', holds],
    ['StringEqualsIfExists', 'o-1', holds],
    ['StringNotEqualsIfExists', 'o-1', holds],
    ['Null', 'true', holds],
    ['Null', 'false', fails],
    ['ForAllValues:StringEquals', 'o-1', holds],
    ['ForAllValues:StringNotEquals', 'o-1', holds],
    ['ForAnyValue:StringEquals', 'o-1', fails],
    ['ForAnyValue:StringNotEquals', 'o-1', fails],
    ['ForAnyValue:StringEqualsIfExists', 'o-1', fails],
  ],
  'aws:MultiFactorAuthAge': [
    ['NumericLessThan', '3600', fails],
    ['NumericGreaterThanIfExists', '3600', holds],
  ],
  'aws:MultiFactorAuthPresent': [
    ['Bool', 'false', fails],
    ['BoolIfExists', 'false', holds],
  ],
  'AWS:principalTAG/team': [['StringEquals', 'blue', fails]],
  // Here it cannot be told whether AWS would have a value.
  'aws:ResourceTag/team': [
    ['StringEquals', 'blue', doubt],
    ['Null', 'true', doubt],
  ],
};

for (const [key, rows] of Object.entries(cases)) {
  for (const [operator, wanted, answer] of rows) {
    test(`conditions: ${operator} ${key} ${JSON.stringify(wanted)}`, () => {
      assert.equal(decide({ [operator]: { [key]: wanted } }), answer);
    });
  }
}

test('conditions: all operators and keys have to hold, any value of a key does', () => {
  const account = { StringEquals: { 'aws:PrincipalAccount': '111122223333' } };
  assert.equal(decide({ ...account, Bool: { 'aws:SecureTransport': 'false' } }), holds);
  assert.equal(decide({ ...account, Bool: { 'aws:SecureTransport': 'true' } }), fails);
  // What certainly fails decides, whatever else there is that nobody can tell.
  assert.equal(decide({ Bool: { 'aws:SecureTransport': 'true' }, StringEquals: { 'x:y': '1' } }), fails);
  assert.equal(decide({ ...account, Null: { 'x:y': 'true' } }), doubt);
});

test('variables stand for values of the request, in the version of policies that has them', () => {
  const like = (text: string, version?: string) => decide({ StringLike: { 'aws:userid': text } }, version);
  assert.equal(like('AROAEXAMPLE:job-1'), holds);
  assert.equal(decide({ StringEquals: { 'aws:PrincipalAccount': '${aws:principalaccount}' } }), holds);
  assert.equal(decide({ ArnLike: { 'aws:PrincipalArn': 'arn:aws:iam::${aws:PrincipalAccount}:role/teams/*' } }), holds);
  assert.equal(decide({ StringEquals: { 'aws:PrincipalAccount': '${aws:PrincipalAccount}' } }, '2008-10-17'), fails);
  assert.equal(decide({ StringEquals: { 'aws:UserAgent': 'docker/29 ${*}' } }), holds);
  // A star that a value brings is no wildcard, nor one that is written as a variable.
  assert.equal(decide({ StringLike: { 'aws:PrincipalAccount': "${aws:PrincipalTag/none, '*'}" } }), fails);
  assert.equal(decide({ StringLike: { 'aws:UserAgent': 'docker/?? ${*}' } }), holds);
  assert.equal(decide({ StringLike: { 'aws:PrincipalAccount': '1111${*}' } }), fails);
  // One without a value is like nothing and equals nothing.
  const missing = '${aws:PrincipalTag/team}';
  assert.equal(decide({ StringEquals: { 'aws:userid': missing } }), fails);
  assert.equal(decide({ StringNotLike: { 'aws:userid': missing } }), holds);
  assert.equal(decide({ StringEquals: { 'aws:userid': "${aws:PrincipalTag/team, 'AROAEXAMPLE:job-1'}" } }), holds);
  assert.equal(decide({ StringNotEquals: { 'aws:userid': '${aws:ResourceTag/team}' } }), doubt);
  // Numbers and dates have none.
  assert.equal(decide({ NumericEquals: { 'aws:EpochTime': '${aws:EpochTime}' } }), doubt);
});

test('variables in resources', () => {
  const repository = (name: string) => `arn:aws:ecr:us-east-1:444455556666:repository/${name}`;
  const decideOn = (statement: object, name: string) =>
    decidePolicies([{ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', ...statement }] }], {
      action: 'ecr:PutImage',
      resource: repository(name),
      context,
    });
  const own = { Resource: repository('${aws:PrincipalAccount}/*') };
  assert.equal(decideOn(own, '111122223333/app'), 'allowed');
  assert.equal(decideOn(own, '999999999999/app'), 'implicit-deny');
  const others = { Effect: 'Deny', NotResource: repository('${aws:PrincipalAccount}/*') };
  assert.equal(decideOn(others, '999999999999/app'), 'explicit-deny');
  assert.equal(decideOn(others, '111122223333/app'), 'implicit-deny');
  assert.equal(decideOn({ Resource: repository('${aws:PrincipalTag/team}*') }, 'app'), 'implicit-deny');
  assert.equal(decideOn({ Resource: repository('${aws:ResourceTag/team}') }, 'app'), 'implicit-deny');
  assert.equal(decideOn({ Effect: 'Deny', Resource: repository('${aws:ResourceTag/team}') }, 'app'), 'explicit-deny');
});
