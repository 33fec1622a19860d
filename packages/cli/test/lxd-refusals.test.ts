import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ConnectionError, ForbiddenError, LxdError } from '@oreno/lxd';
import { readConfig } from '../src/lxd/kitchen/config.ts';
import { CommandFailure } from '../src/failure.ts';
import { BridgeError } from '../src/lxd/bridge/error.ts';
import { explainConnection } from '../src/lxd/kitchen/connection-errors.ts';
import { explainRefusal } from '../src/lxd/kitchen/refusals.ts';

/** As LXD 5.0.2 said it. */
const refused = (text: string, raw: object = {}) => {
  const error = new LxdError(text, { operation: 'Creating instance', subject: 'kitchen-one' });
  return explainRefusal(error, readConfig({ ...raw }, 'debian').request)?.body();
};

test('a value that LXD refuses is told with the keys that it may come from', () => {
  const body = refused('Failed creating instance record: Invalid value: lots', { limits: { memory: 'lots', cpu: 1 } });
  assert.match(body?.message ?? '', /^Creating instance kitchen-one: .*Invalid value: lots\.$/);
  assert.match(body?.remedy ?? '', /memory=lots/);
  assert.match(refused('Unknown configuration key: a.b', { config: { 'a.b': '1' } })?.remedy ?? '', /a\.b,1/);
});

test('what names a network, a pool, a folder or a port is told with its key', () => {
  const network = 'Invalid devices: Failed to load network "nonet" for project "default": Network not found';
  const texts: readonly (readonly [string, RegExp])[] = [
    [network, /key network/],
    ['Failed loading storage pool: Storage pool not found', /key storage/],
    ['Missing source path "/none" for disk "mount0"', /mounts/],
    ['Error occurred when starting proxy device: bind: address already in use', /ports/],
    ['Invalid instance name: Name must be 1-63 characters long', /instance_name/],
    ['Device IP address "1.2.3.4" not within network "lxdbr0" subnet', /key ipv4/],
    ['Invalid device type ', /devices/],
    ['Requested image\'s type "container" doesn\'t match instance type "virtual-machine"', /key vm/],
    ['Failed to handle idmapped storage: Failed to change ownership of: /a', /limits\.disk/],
    ['Failed to run: /usr/bin/lxd forkstart kitchen-one: exit status 1', /limits/],
  ];
  for (const [text, remedy] of texts) assert.match(refused(text)?.remedy ?? '', remedy);
});

test('what nobody knows a remedy for stays as it was', () => {
  assert.equal(refused('The moon is full'), undefined);
  assert.equal(refused('Invalid moon'), undefined);
});

test('a server that cannot be used is told with the keys that say where it is', () => {
  const remote = 'https://box:8443';
  const lost = (text: string): ConnectionError => new ConnectionError(`${remote}: ${text}`, { operation: 'GET /1.0' });
  const stranger = new ForbiddenError('the server does not trust this client', { operation: remote });
  const mismatch = Object.assign(new Error('key values mismatch'), { code: 'ERR_OSSL_X509_KEY_VALUES_MISMATCH' });
  const told: readonly (readonly [unknown, object, RegExp])[] = [
    [new CommandFailure('cannot read /none', 2), {}, /^invalid-config: cannot read \/none/],
    [mismatch, {}, /^invalid-config: .*key values mismatch.*client_cert and client_key/],
    [stranger, { clientCertificate: '/c.crt' }, /^forbidden: .*box:8443 does not trust.*Have \/c\.crt trusted/],
    [stranger, {}, /client_cert and client_key/],
    [stranger, { remote: 'box' }, /add the remote box anew/],
    [lost('self-signed certificate'), {}, /^unreachable: .*not one that is trusted here.*server_cert/],
    [lost('self-signed certificate'), { serverCertificate: '/s.crt' }, /another certificate.*\/s\.crt is to be/],
    [lost('connect ECONNREFUSED 10.0.0.1:8443'), {}, /^unreachable: Nothing listens at https:.*core\.https_address/],
    [lost('write EPROTO wrong version number\n'), {}, /no LXD server.*core\.https_address/],
    [new LxdError('this is not an answer of LXD: <html>'), {}, /no LXD server/],
  ];
  for (const [error, more, words] of told) {
    const explained = explainConnection(error, { remote, ...more });
    assert.ok(explained instanceof BridgeError, String(words));
    assert.match(`${explained.code}: ${explained.message} ${explained.remedy}`, words);
  }
  const other = lost('getaddrinfo ENOTFOUND box');
  assert.equal(explainConnection(other, { remote }), other);
});
