import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AwsError } from '@oreno/aws-wire';
import type { ecs } from '@oreno/aws-wire';
import { openEcsCalls, user } from './support/ecs-calls.ts';

const role = (name: string): string => `arn:aws:iam::111122223333:role/${name}`;

const definition: ecs.RegisterTaskDefinitionRequest = {
  family: 'web',
  taskRoleArn: 'app',
  executionRoleArn: role('boot'),
  containerDefinitions: [{ name: 'main', image: 'busybox', memory: 64 }],
};

test('whoever hands roles to tasks needs to be allowed to pass them', async (t) => {
  const { call, refusal } = await openEcsCalls(t);
  await call('CreateCluster', { clusterName: 'default' });
  await call('RegisterTaskDefinition', definition);
  const asked: (readonly [string, readonly string[]])[] = [];
  const allowed = new Set<string>();
  const authorize = async (action: string, resources: readonly string[]): Promise<void> => {
    asked.push([action, resources]);
    const denied = resources.find((resource) => !allowed.has(resource));
    if (denied !== undefined) throw new AwsError('AccessDeniedException', `${action} on resource: ${denied}`);
  };
  const caller = { principal: user('dev'), authorize };
  const taskDefinition = 'web';
  const denied = `AccessDeniedException: iam:PassRole on resource: ${role('app')}`;
  assert.equal(await refusal('RegisterTaskDefinition', definition, caller), denied);
  assert.equal(await refusal('RunTask', { taskDefinition }, caller), denied);
  assert.equal(await refusal('StartTask', { taskDefinition, containerInstances: ['i'] }, caller), denied);
  const service = { serviceName: 'web', taskDefinition, desiredCount: 0 };
  assert.equal(await refusal('CreateService', service, caller), denied);
  await call('CreateService', service);
  assert.equal(await refusal('UpdateService', { service: 'web', taskDefinition }, caller), denied);
  assert.deepEqual(asked[0], ['iam:PassRole', [role('app'), role('boot')]]);
  assert.equal((await call('ListTaskDefinitions', {})).taskDefinitionArns?.length, 1);

  allowed.add(role('app')).add(role('boot'));
  await call('RegisterTaskDefinition', definition, caller);
  await call('UpdateService', { service: 'web', taskDefinition }, caller);
  const overrides = { taskRoleArn: role('admin') };
  assert.match(await refusal('RunTask', { taskDefinition, overrides }, caller), /role\/admin$/);
  // Nothing is asked where no role is passed.
  const before = asked.length;
  await call('UpdateService', { service: 'web', desiredCount: 0 }, caller);
  await call('RegisterTaskDefinition', { ...definition, taskRoleArn: '', executionRoleArn: '' }, caller);
  assert.equal(asked.length, before);
});
