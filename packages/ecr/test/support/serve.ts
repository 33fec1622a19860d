/**
 * A registry in a process of its own, over the folder that is given, until it is killed: for tests of crashes. Its clock
 * is ahead by the milliseconds that are given next; it collects and verifies when it is told to.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { openFileBlobs } from '@oreno/blobs';
import { openIam } from '@oreno/iam';
import { openEventWriter } from '@oreno/events';
import { openSqliteStore } from '@oreno/store';
import { openEcr, openUpstreamSecrets } from '../../src/index.ts';

const [, , directory = '', ahead = '0'] = process.argv;
let offset = Number(ahead);
const now = (): number => Date.now() + offset;
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
for (const repositoryName of ['crash', 'crash/other']) {
  await ecr.service
    .prepare('CreateRepository', { repositoryName }, context)
    .run()
    .catch(() => undefined);
}
const server = createServer((request, response) => void ecr.http(request, response));
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));

/** What the registry may be told to do. */
export type Order = { readonly ahead: number } | 'collect' | 'verify';

const verify = async (): Promise<unknown> => {
  const parts = Array.from({ length: 256 }, (_, part) => part.toString(16).padStart(2, '0'));
  const results = [];
  for (const part of [...parts, 'manifests']) results.push(await ecr.verify(part));
  return results.flatMap(({ damages }) => damages);
};

process.on('message', (order: Order) => {
  if (typeof order === 'object') offset = order.ahead;
  else void (order === 'collect' ? ecr.collect(false) : verify()).then((answer) => process.send?.(answer as object));
});
