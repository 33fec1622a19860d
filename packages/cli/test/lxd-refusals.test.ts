import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LxdError } from '@oreno/lxd';
import { readConfig } from '../src/lxd/kitchen/config.ts';
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
    ['Failed to run: /usr/bin/lxd forkstart kitchen-one: exit status 1', /limits/],
  ];
  for (const [text, remedy] of texts) assert.match(refused(text)?.remedy ?? '', remedy);
});

test('what nobody knows a remedy for stays as it was', () => {
  assert.equal(refused('The moon is full'), undefined);
});
