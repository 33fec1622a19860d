import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EcsEvent } from '@oreno/server';
import { eventLine } from '../src/event-line.ts';

const arn = (resource: string): string => `arn:aws:ecs:us-east-1:000000000000:${resource}`;

const event = (type: EcsEvent['detail-type'], resource: string, detail: EcsEvent['detail']): EcsEvent => ({
  version: '0',
  id: '0f0f0f0f-0000-4000-8000-000000000000',
  'detail-type': type,
  source: 'aws.ecs',
  account: '000000000000',
  time: '2026-11-22T22:54:45Z',
  region: 'us-east-1',
  resources: [arn(resource)],
  detail,
});

const task = (detail: EcsEvent['detail'], cluster = 'default'): EcsEvent =>
  event('ECS Task State Change', `task/${cluster}/0123456789abcdef0123456789abcdef`, {
    clusterArn: arn(`cluster/${cluster}`),
    taskDefinitionArn: arn('task-definition/web:3'),
    ...detail,
  });

const start = '2026-11-22T22:54:45Z  task 0123456789abcdef0123456789abcdef  web:3';

test('a line tells the task, its definition and its state', () => {
  assert.equal(eventLine(task({ lastStatus: 'PENDING', desiredStatus: 'RUNNING' })), `${start}  PENDING`);
  assert.equal(
    eventLine(task({ lastStatus: 'RUNNING', desiredStatus: 'STOPPED' })),
    `${start}  RUNNING, to be STOPPED`,
  );
});

test('a line names the cluster where it is another than the default one', () => {
  assert.equal(eventLine(task({ lastStatus: 'RUNNING' }, 'lab')), `${start}  in lab  RUNNING`);
});

test('a stopped task says why, and how its containers ended', () => {
  const stopped = {
    lastStatus: 'STOPPED',
    desiredStatus: 'STOPPED',
    stoppedReason: 'Essential container in task exited',
    containers: [{ name: 'main', exitCode: 137 }, { name: 'helper' }],
  };
  assert.equal(eventLine(task(stopped)), `${start}  STOPPED  Essential container in task exited; main exited with 137`);
});

test('nothing in a reason moves the cursor of a terminal', () => {
  const hostile = { lastStatus: 'STOPPED', desiredStatus: 'STOPPED', stoppedReason: 'a\u001b[2Jb\r\nc\u202ed' };
  assert.equal(eventLine(task(hostile)), `${start}  STOPPED  a [2Jb c d`);
});

test('a line tells instances, services and deployments', () => {
  const at = '2026-11-22T22:54:45Z';
  const clusterArn = arn('cluster/default');
  const instance = { clusterArn, status: 'ACTIVE', agentConnected: false };
  assert.equal(
    eventLine(event('ECS Container Instance State Change', 'container-instance/default/aa', instance)),
    `${at}  container instance aa  ACTIVE  away`,
  );
  const steady = { clusterArn, eventName: 'SERVICE_STEADY_STATE' };
  assert.equal(
    eventLine(event('ECS Service Action', 'service/default/web', steady)),
    `${at}  service web  SERVICE_STEADY_STATE`,
  );
  const done = { eventName: 'SERVICE_DEPLOYMENT_COMPLETED', reason: 'ECS deployment ecs-svc/1 completed.' };
  assert.equal(
    eventLine(event('ECS Deployment State Change', 'service/lab/web', done)),
    `${at}  service web  in lab  SERVICE_DEPLOYMENT_COMPLETED  ECS deployment ecs-svc/1 completed.`,
  );
});
