import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { changeContainer } from '../src/domain/derive-task.ts';
import { aContainer, aTask } from './support/task-fixtures.ts';

const two = (essential: boolean) =>
  aTask({
    knownStatus: 'CREATED',
    containers: [
      aContainer({ name: 'sidecar', definition: { name: 'sidecar', image: 'web:1', essential: false } }),
      aContainer({ name: 'main', knownStatus: 'CREATED', definition: { name: 'main', image: 'web:1', essential } }),
    ],
  });

describe('the status of a task', () => {
  it('is that of its least advanced container', () => {
    const started = changeContainer(two(true), 'main', { knownStatus: 'RUNNING' }, 5);
    assert.equal(started.knownStatus, 'RUNNING');
  });

  it('is never RUNNING for the first time after an essential container ended', () => {
    const failed = changeContainer(two(true), 'main', { knownStatus: 'STOPPED', reason: 'dependency timed out' }, 5);
    assert.equal(failed.knownStatus, 'CREATED');
    assert.equal(failed.desiredStatus, 'STOPPED');
    assert.equal(changeContainer(failed, 'sidecar', { knownStatus: 'STOPPED' }, 6).knownStatus, 'STOPPED');
  });

  it('is RUNNING though a container that is not essential never ran', () => {
    const failed = changeContainer(two(false), 'main', { knownStatus: 'STOPPED' }, 5);
    assert.equal(failed.knownStatus, 'RUNNING');
  });
});
