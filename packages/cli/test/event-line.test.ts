import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AwsEvent } from '@oreno/server';
import { eventLine } from '../src/event-line.ts';

const arn = (resource: string): string => `arn:aws:ecs:us-east-1:000000000000:${resource}`;

const event = (type: AwsEvent['detail-type'], resource: string, detail: AwsEvent['detail']): AwsEvent => ({
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

const task = (detail: AwsEvent['detail'], cluster = 'default'): AwsEvent =>
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

test('a line tells what happens to images', () => {
  const at = '2026-11-22T22:54:45Z';
  const image = { 'repository-name': 'app', 'image-digest': 'sha256:aa' };
  const pushed = { ...image, 'action-type': 'PUSH', result: 'SUCCESS', 'image-tag': 'v1' };
  assert.equal(eventLine(event('ECR Image Action', '', pushed)), `${at}  image app:v1  PUSH  SUCCESS`);
  const cold = {
    ...image,
    'action-type': 'UPDATE_STORAGE_CLASS',
    'target-storage-class': 'ARCHIVE',
    result: 'SUCCESS',
  };
  assert.equal(
    eventLine(event('ECR Referrer Action', '', cold)),
    `${at}  image app@sha256:aa  UPDATE_STORAGE_CLASS  ARCHIVE  SUCCESS`,
  );
  const scanned = { ...image, 'scan-status': 'COMPLETE', 'finding-severity-counts': { CRITICAL: 1, LOW: 20 } };
  assert.equal(
    eventLine(event('ECR Image Scan', '', scanned)),
    `${at}  image app@sha256:aa  scan  COMPLETE  1 CRITICAL, 20 LOW`,
  );
  const failed = {
    ...image,
    'sync-status': 'FAILED',
    'upstream-registry-url': 'quay.io',
    'failure-reason': 'no answer',
  };
  assert.equal(
    eventLine(event('ECR Pull Through Cache Action', '', failed)),
    `${at}  image app@sha256:aa  pulled through from quay.io  FAILED  no answer`,
  );
});
