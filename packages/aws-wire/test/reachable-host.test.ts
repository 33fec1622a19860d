import assert from 'node:assert/strict';
import { it } from 'node:test';
import { reachableHost } from '../src/index.ts';

it('names a loopback registry by the address that a caller from elsewhere came by, and keeps every other name', () => {
  assert.equal(reachableHost('127.0.0.1:4566', 'http://127.0.0.1:4566'), '127.0.0.1:4566');
  assert.equal(reachableHost('127.0.0.1:4566', 'http://localhost:4566'), '127.0.0.1:4566');
  assert.equal(reachableHost('127.0.0.1:4566', 'http://10.0.0.5:4566'), '10.0.0.5:4566');
  assert.equal(reachableHost('registry.lan:443', 'http://10.0.0.5:4566'), 'registry.lan:443');
});
