/** The thread of hash-threads.ts: keeps the hashes of streams by number, does what it is told in order, and answers in order. */
import { parentPort } from 'node:worker_threads';
import { copyHashes, createHashes, updateHashes } from './hashes.ts';
import type { Hashes } from './hashes.ts';
import type { Answer, Asking, Order } from './hash-threads.ts';

const streams = new Map<number, Hashes>();

const streamOf = (stream: number): Hashes => {
  const hashes = streams.get(stream);
  if (!hashes) throw new Error(`there is no stream ${stream}`);
  return hashes;
};

const answerTo = (order: Asking): Answer => {
  const hashes = streamOf(order.stream);
  if (order.kind === 'update') {
    updateHashes(hashes, order.bytes);
    return {};
  }
  const { sha256, sha512 } = copyHashes(hashes);
  return { sha256: sha256.digest('hex'), sha512: sha512?.digest('hex') };
};

const obey = (order: Exclude<Order, Asking>): void => {
  if (order.kind === 'create') streams.set(order.stream, createHashes(order.algorithm));
  else if (order.kind === 'copy') streams.set(order.stream, copyHashes(streamOf(order.from)));
  else streams.delete(order.stream);
};

parentPort?.on('message', (order: Order) => {
  if (order.kind === 'update' || order.kind === 'digest') parentPort?.postMessage(answerTo(order), []);
  else obey(order);
});
