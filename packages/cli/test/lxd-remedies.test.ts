import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConflictError, ConnectionError, ForbiddenError, LxdError, NotFoundError } from '@oreno/lxd';
import { messageOf } from '../src/lxd/remedies.ts';
import { connectOptions } from '../src/lxd/target.ts';

test('what LXD tells is told with the command that mends it', () => {
  const messages = [
    new NotFoundError('Instance not found', { operation: 'GET /1.0/instances/web', subject: 'web' }, 'Call something.'),
    new ConflictError('This "instances" entry already exists', { operation: 'Creating instance', subject: 'web' }),
    new ForbiddenError('not authorized', { operation: 'GET /1.0/instances' }),
    new ConnectionError(
      'self-signed certificate; if the root CA is installed locally, try running Node.js with --use-system-ca',
      { operation: 'https://host:8443' },
    ),
    new LxdError('Invalid CPU limit syntax', { operation: 'Creating instance', subject: 'web' }),
  ].map(messageOf);
  assert.deepEqual(messages, [
    'web: Instance not found. See those that are there: oreno lxd list',
    'Creating instance web: This "instances" entry already exists. ' +
      'Choose another name, or delete it: oreno lxd delete --force web',
    'GET /1.0/instances: not authorized. ' +
      "Have the server trust this client, on the server's machine: lxc config trust add CLIENT.crt (of ~/.config/lxc)",
    'https://host:8443: self-signed certificate. If that server is meant, name its certificate with ' +
      '--server-certificate FILE, or keep it as a remote: lxc remote add NAME https://host:8443',
    'Creating instance web: Invalid CPU limit syntax',
  ]);
});

test('an address that is none is a mistake in the command', () => {
  for (const remote of ['https://', 'http://host:8443', 'host:8443']) {
    assert.throws(() => connectOptions({ remote }), { exitCode: 2, message: /is no LXD server/ });
  }
  assert.deepEqual(connectOptions({ remote: 'unix:///run/lxd.socket' }), { socket: '/run/lxd.socket' });
});
