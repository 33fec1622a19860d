import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect } from 'node:tls';
import { startServer } from '@oreno/server';
import { openDataDir } from '../src/data-dir.ts';
import { trustForEngine, trustRegistryForEngine } from '../src/engine-trust.ts';
import { CommandFailure } from '../src/failure.ts';
import { greeting } from '../src/greeting.ts';
import { keepTlsCurrent } from '../src/tls-renewal.ts';
import { hostsOf, openTls } from '../src/tls.ts';

const folder = mkdtempSync(join(tmpdir(), 'oreno-tls-test-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const dataDir = openDataDir(join(folder, 'data'));
const hosts = hostsOf('0.0.0.0', 'registry.example:4566', 'us-east-1');

const makeOwn = () => {
  const tls = openTls({ tlsSelfSigned: true }, dataDir, hosts);
  assert.ok(tls?.caFile !== undefined);
  return { ...tls, caFile: tls.caFile };
};

test('a private CA is made once, and its certificate is for the names by which the server is reached', () => {
  const first = makeOwn();
  const ca = new X509Certificate(readFileSync(first.caFile));
  const certificate = new X509Certificate(first.cert);
  assert.ok(ca.ca && certificate.verify(ca.publicKey));
  for (const name of ['localhost', 'registry.example', '000000000000.dkr.ecr.us-east-1.amazonaws.com']) {
    assert.ok(certificate.checkHost(name), name);
  }
  assert.ok(certificate.checkIP('127.0.0.1'));
  assert.equal(statSync(join(dataDir.root, 'tls', 'ca.key')).mode & 0o077, 0);
  assert.equal(makeOwn().cert, first.cert, 'a second start keeps it');
  const renamed = openTls({ tlsSelfSigned: true }, dataDir, [...hosts, 'new.example']);
  assert.ok(new X509Certificate(renamed?.cert ?? '').checkHost('new.example'));
  assert.equal(readFileSync(first.caFile, 'utf8'), ca.toString(), 'the CA that machines trust stays');
});

test('whoever starts it is told how others come to trust it, and only then', () => {
  const { caFile } = makeOwn();
  const note = {
    pid: 1,
    startTime: '1',
    origin: 'https://127.0.0.1:4566',
    account: '000000000000',
    region: 'us-east-1',
  };
  const said = greeting({ ...note, caFile });
  assert.ok(said.includes(`needs its CA, ${caFile}:`), said);
  for (const way of ['--endpoint https://HOST:4566 --ca ca.crt', '/etc/docker/certs.d/HOST:4566/ca.crt']) {
    assert.ok(said.includes(way), said);
  }
  assert.doesNotMatch(greeting(note), /\bCA\b/);
});

test('the server serves with it', async () => {
  const { cert, key, caFile } = makeOwn();
  const server = await startServer({
    listen: { host: '127.0.0.1', port: 0 },
    dataDir: dataDir.server,
    account: '000000000000',
    region: 'us-east-1',
    tls: { cert, key },
    log: () => undefined,
  });
  try {
    const status = await new Promise((resolve, reject) => {
      const request = get(`${server.origin}/health`, { ca: readFileSync(caFile), agent: false }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      request.once('error', reject);
    });
    assert.equal(status, 200);
  } finally {
    await server.stop();
  }
});

test('an engine is told to trust the CA for the endpoint and for the name that images have', async () => {
  const { caFile } = makeOwn();
  const server = await startServer({
    listen: { host: '127.0.0.1', port: 0 },
    dataDir: join(folder, 'named'),
    account: '000000000000',
    region: 'us-east-1',
    registryHost: 'registry.example:4566',
    log: () => undefined,
  });
  const warnings: string[] = [];
  const log = (_level: string, message: string): void => void warnings.push(message);
  const certificates = join(folder, 'certs.d');
  const credentials = () => server.rootAccessKey;
  const common = { caFile, endpoint: server.origin, region: 'us-east-1', credentials, log };
  try {
    trustForEngine(caFile, server.origin, log, certificates);
    await trustRegistryForEngine({ ...common, folder: certificates });
    const ca = readFileSync(caFile, 'utf8');
    for (const host of [new URL(server.origin).host, 'registry.example:4566']) {
      assert.equal(readFileSync(join(certificates, host, 'ca.crt'), 'utf8'), ca);
    }
    assert.deepEqual(warnings, []);
    trustForEngine(caFile, server.origin, log, join(caFile, 'none'));
    assert.match(warnings[0] ?? '', /as root: cp .*ca\.crt .*ca\.crt\/none\/127\.0\.0\.1:\d+\/ca\.crt/);
  } finally {
    await server.stop();
  }
});

test('a renewed certificate is served without a restart, and one that does not fit is not', async () => {
  const copy = (name: string, text: string): string => {
    const file = join(folder, name);
    writeFileSync(file, text);
    return file;
  };
  const first = makeOwn();
  const options = { tlsCert: copy('own.crt', first.cert), tlsKey: copy('own.key', first.key) };
  const warnings: string[] = [];
  const log = (level: string, message: string): void => void (level === 'warn' && warnings.push(message));
  const server = await startServer({
    listen: { host: '127.0.0.1', port: 0 },
    dataDir: join(folder, 'renewal'),
    account: '000000000000',
    region: 'us-east-1',
    tls: first,
    log: () => undefined,
  });
  const stopLooking = keepTlsCurrent({ options, dataDir, hosts, current: first, renew: server.renewTls, log }, 20);
  const served = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const port = Number(new URL(server.origin).port);
      const socket = connect({ port, host: '127.0.0.1', ca: readFileSync(first.caFile) }, () => {
        resolve(socket.getPeerX509Certificate()?.serialNumber ?? '');
        socket.destroy();
      });
      socket.once('error', reject);
    });
  try {
    assert.equal(await served(), new X509Certificate(first.cert).serialNumber);
    const renewed = openTls({ tlsSelfSigned: true }, dataDir, [...hosts, 'renewed.example']);
    assert.ok(renewed);
    copy('own.crt', renewed.cert);
    while (warnings.length === 0) await sleep(10);
    assert.equal(await served(), new X509Certificate(first.cert).serialNumber, 'the key is of another one still');
    copy('own.key', renewed.key);
    const { serialNumber } = new X509Certificate(renewed.cert);
    while ((await served()) !== serialNumber) await sleep(10);
    assert.equal(warnings.length, 1);
  } finally {
    stopLooking();
    await server.stop();
  }
});

test('what cannot be served with is refused with what to do', () => {
  const { cert, caFile } = makeOwn();
  const [certFile, keyFile] = [join(folder, 'cert.pem'), join(dataDir.root, 'tls', 'ca.key')];
  writeFileSync(certFile, cert);
  const refused = (options: Parameters<typeof openTls>[0], message: RegExp): void => {
    assert.throws(
      () => openTls(options, dataDir, hosts),
      (error) => error instanceof CommandFailure && message.test(error.message),
    );
  };
  refused({ tlsCert: certFile }, /go together/);
  refused({ tlsCert: certFile, tlsKey: keyFile }, /is not the key of --tls-cert/);
  refused({ tlsCert: join(folder, 'absent'), tlsKey: keyFile }, /absent cannot be read/);
  refused({ tlsCert: certFile, tlsKey: caFile }, /must be PEM files/);
  refused({ tlsCert: certFile, tlsKey: keyFile, tlsSelfSigned: true }, /or a certificate of your own/);
});
