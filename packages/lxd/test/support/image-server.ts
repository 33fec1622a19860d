/**
 * A small image server over HTTPS at loopback, in the format of simplestreams, that can be slow: the bytes of the root
 * file system come in pieces, with pauses between.
 */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { selfSigned } from './certificate.ts';

export interface ImageServer {
  readonly url: string;
  /** In PEM. */
  readonly certificate: string;
  /** Of the image that it has, under the alias `busybox`. */
  readonly fingerprint: string;
  /** Milliseconds that the root file system takes from now on. */
  slowDown(milliseconds: number): void;
  stop(): Promise<void>;
}

const hash = (...parts: readonly Buffer[]): string => {
  const sum = createHash('sha256');
  for (const part of parts) sum.update(part);
  return sum.digest('hex');
};

const productsOf = (metadata: Buffer, rootfs: Buffer): object => {
  const about = (bytes: Buffer, path: string) => ({ path, size: bytes.length, sha256: hash(bytes) });
  const own = { ...about(metadata, 'images/metadata'), combined_rootxz_sha256: hash(metadata, rootfs) };
  const items = {
    'lxd.tar.xz': { ftype: 'lxd.tar.xz', ...own },
    'incus.tar.xz': { ftype: 'incus.tar.xz', ...own },
    'root.tar.xz': { ftype: 'root.tar.xz', ...about(rootfs, 'images/rootfs') },
  };
  const arch = process.arch === 'arm64' ? 'arm64' : 'amd64';
  const names = { aliases: 'busybox', os: 'busybox', release: '1', release_title: '1', variant: 'default' };
  const product = { ...names, arch, versions: { '20260101_0000': { items } } };
  return { content_id: 'images', datatype: 'image-downloads', format: 'products:1.0', products: { busybox: product } };
};

const index = {
  format: 'index:1.0',
  index: {
    images: {
      datatype: 'image-downloads',
      path: 'streams/v1/images.json',
      format: 'products:1.0',
      products: ['busybox'],
    },
  },
};

const pieces = 20;

/** Serves the split image of two files. */
export const startImageServer = async (files: {
  readonly metadata: string;
  readonly rootfs: string;
}): Promise<ImageServer> => {
  const [metadata, rootfs] = [await readFile(files.metadata), await readFile(files.rootfs)];
  const { cert, key } = await selfSigned('images');
  let slowness = 0;
  const sendSlowly = async (response: ServerResponse): Promise<void> => {
    response.writeHead(200, { 'content-length': rootfs.length });
    const size = Math.ceil(rootfs.length / pieces);
    for (let at = 0; at < rootfs.length && !response.destroyed; at += size) {
      response.write(rootfs.subarray(at, at + size));
      if (slowness > 0) await sleep(slowness / pieces);
    }
    response.end();
  };
  const answers: Readonly<Record<string, string | Buffer>> = {
    '/streams/v1/index.json': JSON.stringify(index),
    '/streams/v1/images.json': JSON.stringify(productsOf(metadata, rootfs)),
    '/images/metadata': metadata,
  };
  const server = createServer({ cert, key }, (request, response) => {
    const path = request.url ?? '';
    if (path === '/images/rootfs' && request.method === 'GET') void sendSlowly(response);
    else response.writeHead(answers[path] === undefined ? 404 : 200).end(answers[path]);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    certificate: cert,
    fingerprint: hash(metadata, rootfs),
    slowDown: (milliseconds) => void (slowness = milliseconds),
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
