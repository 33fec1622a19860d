import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authHeader } from '../src/images.ts';

test('credentials are sent padded, whatever their length, so that older engines read them', () => {
  for (let length = 0; length < 8; length += 1) {
    const auth = { username: 'AWS', password: '?>~'.repeat(9) + 'x'.repeat(length), serveraddress: 'localhost:4566' };
    const header = authHeader(auth);
    assert.match(header, /^[\w-]+={0,2}$/);
    assert.equal(header.length % 4, 0);
    assert.deepEqual(JSON.parse(Buffer.from(header, 'base64url').toString()), auth);
  }
});
