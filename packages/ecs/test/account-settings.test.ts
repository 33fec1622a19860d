import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACCOUNT, openEcsCalls, root, user } from './support/ecs-calls.ts';

const rootArn = `arn:aws:iam::${ACCOUNT}:root`;

test('nothing is set at first, and every setting has an effective default', async (t) => {
  const { call } = await openEcsCalls(t);
  assert.deepEqual((await call('ListAccountSettings', {})).settings, []);
  const first = await call('ListAccountSettings', { effectiveSettings: true });
  const second = await call('ListAccountSettings', { effectiveSettings: true, nextToken: first.nextToken });
  const all = [...(first.settings ?? []), ...(second.settings ?? [])];
  assert.equal(first.settings?.length, 10);
  assert.equal(second.nextToken, undefined);
  assert.deepEqual(Object.fromEntries(all.map(({ name, value }) => [name, value])), {
    awsvpcTrunking: 'disabled',
    containerInsights: 'disabled',
    containerInstanceLongArnFormat: 'enabled',
    defaultLogDriverMode: 'non-blocking',
    fargateEventWindows: 'disabled',
    fargateFIPSMode: 'disabled',
    fargateTaskRetirementWaitPeriod: '7',
    guardDutyActivate: 'off',
    serviceLongArnFormat: 'enabled',
    tagResourceAuthorization: 'on',
    taskLongArnFormat: 'enabled',
  });
  assert.ok(all.every(({ principalArn }) => principalArn === rootArn));
  assert.equal(all.find(({ name }) => name === 'guardDutyActivate')?.type, 'aws_managed');
});

test('a principal’s own value goes before the account’s', async (t) => {
  const { call } = await openEcsCalls(t);
  const anna = { principal: user('anna') };
  const setting = await call('PutAccountSetting', { name: 'containerInsights', value: 'enhanced' }, anna);
  assert.deepEqual(setting.setting, {
    name: 'containerInsights',
    value: 'enhanced',
    principalArn: user('anna').arn,
    type: 'user',
  });
  await call('PutAccountSettingDefault', { name: 'containerInsights', value: 'enabled' });
  const effective = { name: 'containerInsights' as const, effectiveSettings: true };
  assert.equal((await call('ListAccountSettings', effective, anna)).settings?.[0]?.value, 'enhanced');
  assert.equal(
    (await call('ListAccountSettings', effective, { principal: user('ben') })).settings?.[0]?.value,
    'enabled',
  );
  assert.deepEqual((await call('ListAccountSettings', { ...effective, value: 'disabled' }, anna)).settings, []);
  const byRoot = { principalArn: user('anna').arn };
  assert.equal((await call('ListAccountSettings', byRoot)).settings?.length, 1);
  await call('DeleteAccountSetting', { name: 'containerInsights', ...byRoot });
  assert.equal((await call('ListAccountSettings', effective, anna)).settings?.[0]?.value, 'enabled');
});

test('a new cluster takes the effective containerInsights', async (t) => {
  const { call } = await openEcsCalls(t);
  await call('PutAccountSetting', { name: 'containerInsights', value: 'enabled' });
  const { cluster } = await call('CreateCluster', { clusterName: 'lab' }, { principal: user('anna') });
  assert.deepEqual(cluster?.settings, [{ name: 'containerInsights', value: 'enabled' }]);
});

test('values and principals that cannot be are refused', async (t) => {
  const { refusal } = await openEcsCalls(t);
  assert.equal(
    await refusal('PutAccountSetting', { name: 'containerInsights', value: 'ENABLED' }),
    "InvalidParameterException: Invalid setting 'value'",
  );
  assert.equal(
    await refusal('PutAccountSettingDefault', { name: 'taskLongArnFormat', value: 'disabled' }),
    'InvalidParameterException: You can no longer disable Long Arn settings',
  );
  assert.match(
    await refusal('PutAccountSetting', { name: 'guardDutyActivate', value: 'on' }),
    /^InvalidParameterException: .*managed by AWS/,
  );
  const others = { name: 'containerInsights' as const, value: 'enabled', principalArn: user('ben').arn };
  assert.match(await refusal('PutAccountSetting', others, { principal: user('anna') }), /^AccessDeniedException/);
  assert.match(
    await refusal('PutAccountSetting', { ...others, principalArn: 'nobody' }, { principal: root }),
    /^InvalidParameterException: Invalid principal ARN/,
  );
  assert.match(await refusal('ListAccountSettings', { value: 'enabled' }), /^InvalidParameterException/);
  assert.match(await refusal('ListAccountSettings', { maxResults: 11 }), /^InvalidParameterException/);
});
