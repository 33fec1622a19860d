/** A registry in a process of its own, over the folder that is given, until it is killed: for tests of crashes. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { openFileBlobs } from '@oreno/blobs';
import { openIam } from '@oreno/iam';
import { openEventWriter } from '@oreno/events';
import { openSqliteStore } from '@oreno/store';
import { openEcr, openUpstreamSecrets } from '../../src/index.ts';

const [, , directory = ''] = process.argv;
const now = Date.now;
const log = (): void => undefined;
const store = await openSqliteStore({ directory: join(directory, 'store'), now });
const blobs = await openFileBlobs({ directory: join(directory, 'blobs') });
const root = { accessKeyId: 'AKIATESTTESTTESTTEST', secretAccessKey: 'secret' };
const iam = await openIam({ store, dataDir: directory, account: '000000000000', root, now, log });
const ecr = await openEcr({
  store,
  writeEvents: openEventWriter(),
  blobs,
  iam,
  registryHost: '127.0.0.1',
  scratch: join(directory, 'scratch'),
  secrets: openUpstreamSecrets(store, iam, now),
  now,
  log,
});
const principal = {
  type: 'root',
  arn: 'arn:aws:iam::000000000000:root',
  account: '000000000000',
  accessKeyId: '',
  userId: '',
} as const;
const context = {
  account: principal.account,
  region: 'us-east-1',
  principal,
  requestId: '',
  call: { sourceIp: '127.0.0.1', userAgent: 'test', isSecure: false, time: 0 },
  origin: 'http://127.0.0.1:4566',
  now,
  signal: new AbortController().signal,
};
await ecr.service
  .prepare('CreateRepository', { repositoryName: 'crash' }, context)
  .run()
  .catch(() => undefined);
const server = createServer((request, response) => void ecr.http(request, response));
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
