import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConflictError, connect, ConnectionError, ForbiddenError, LxdError, NotFoundError } from '@oreno/lxd';
import { startFakeLxd } from '@oreno/lxd/fake';
import { createWhole } from '../src/lxd/launch.ts';
import { messageOf } from '../src/lxd/remedies.ts';
import { connectOptions } from '../src/lxd/target.ts';

test('what LXD tells is told with the command that mends it', () => {
  const messages = [
    new NotFoundError('Instance not found', { operation: 'GET /1.0/instances/web', subject: 'web' }, 'Call something.'),
    // LXD 6.9 says where it looked.
    new NotFoundError('Failed fetching instance "web" in project "default": Instance not found', { subject: 'web' }),
    new ConflictError('This "instances" entry already exists', { operation: 'Creating instance', subject: 'web' }),
    new ConflictError('Instance "web" already exists', { operation: 'POST /1.0/instances', subject: 'web' }),
    new ForbiddenError('not authorized', { operation: 'GET /1.0/instances' }),
    new ConnectionError(
      'https://host:8443: self-signed certificate; if the root CA is installed locally, try running Node.js with --use-system-ca',
      { operation: 'GET /1.0' },
    ),
    new ConflictError('listen tcp 127.0.0.1:80: bind: address already in use', { operation: 'Starting instance' }),
    new LxdError('Instance "web" has no "limits.cpu" config', { subject: 'web' }),
    new LxdError('Unsupported compression', { operation: 'Downloading image', subject: 'notes.txt' }),
    new LxdError('Invalid CPU limit syntax', { operation: 'Creating instance', subject: 'web' }),
  ].map(messageOf);
  assert.deepEqual(messages, [
    'web: Instance not found. See those that are there: oreno lxd list',
    'web: Failed fetching instance "web" in project "default": Instance not found. See those that are there: oreno lxd list',
    'Creating instance web: This "instances" entry already exists. ' +
      'Choose another name, or delete it: oreno lxd delete --force web',
    'web: Instance "web" already exists. Choose another name, or delete it: oreno lxd delete --force web',
    'GET /1.0/instances: not authorized. ' +
      "Have the server trust this client, on the server's machine: lxc config trust add CLIENT.crt (of ~/.config/lxc)",
    'GET /1.0: https://host:8443: self-signed certificate. If that server is meant, name the certificate that it has now with ' +
      '--server-certificate FILE, or keep it as a remote: lxc remote add NAME https://host:8443',
    'Starting instance: listen tcp 127.0.0.1:80: bind: address already in use. ' +
      'Something listens there already: choose another port with --publish',
    'web: Instance "web" has no "limits.cpu" config. ' +
      'The project limits it, so that every instance in it has to say how much it wants: --cpu, --memory, --disk',
    'Downloading image notes.txt: Unsupported compression. An image is one tarball with metadata.yaml and rootfs/ in it, ' +
      'or two files: the tarball with metadata.yaml, then the root file system',
    'Creating instance web: Invalid CPU limit syntax. Write a number of cores: --cpu 2',
  ]);
});

test('an address that is none is a mistake in the command', () => {
  for (const remote of ['https://', 'http://host:8443', 'host:8443']) {
    assert.throws(() => connectOptions({ remote }), { exitCode: 2, message: /is no LXD server/ });
  }
  assert.deepEqual(connectOptions({ remote: 'unix:///run/lxd.socket' }), { socket: '/run/lxd.socket' });
});

test('an instance whose creation is interrupted, or cut off, is gone; that of somebody else stays', async () => {
  const fake = await startFakeLxd();
  const lxd = await connect({ socket: fake.socket });
  const source = { image: 'debian' };
  try {
    const stopping = new AbortController();
    const interrupted = createWhole(lxd, 'web', { source }, { signal: stopping.signal });
    stopping.abort(new Error('interrupted'));
    await assert.rejects(interrupted, /^Error: interrupted$/);
    assert.equal(fake.instance('web'), undefined);

    fake.fail({ path: /wait$/, answer: 'cut' });
    await assert.rejects(createWhole(lxd, 'web', { source }, {}), ConnectionError);
    assert.equal(fake.instance('web'), undefined);

    await lxd.instances.create({ name: 'web', source });
    fake.fail({ path: /wait$/, answer: 'cut' });
    await assert.rejects(createWhole(lxd, 'web', { source }, {}), LxdError);
    assert.notEqual(fake.instance('web'), undefined);

    fake.fail({ path: /wait$/, answer: 'cut' });
    fake.fail({ path: /^\/instances\/new$/, answer: 'cut' });
    await assert.rejects(createWhole(lxd, 'new', { source }, {}), /new: .*oreno lxd delete --force/);
  } finally {
    lxd.close();
    await fake.stop();
  }
});
