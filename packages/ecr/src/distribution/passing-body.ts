/**
 * Request bodies that only pass: gathered into blocks of shared memory that are used again and again, so that other
 * threads hash and write them where they are while the next one fills.
 */
import type { IncomingMessage } from 'node:http';
import { blockSize, copyInto, giveBack, takeBlock } from '@oreno/blobs';
import { announcedLength, longestSilence } from './body.ts';

/** How many full blocks may wait while one is worked on. */
const blocksAhead = 1;

/** Bytes to work on, and the block they are in; a body that came in one piece is in none. */
interface Piece {
  readonly bytes: Uint8Array;
  readonly block: Buffer | undefined;
}

/** Where the pieces of a request's body come together. */
class Gathered {
  readonly #length: number | undefined;
  readonly #full: Piece[] = [];
  #block: Buffer | undefined;
  #filled = 0;

  /** `length`: the bytes that are announced. */
  constructor(length: number | undefined) {
    this.#length = length;
  }

  get waiting(): number {
    return this.#full.length;
  }

  /** Takes a chunk from the socket, whose memory is free afterwards. */
  add(chunk: Buffer): void {
    if (chunk.byteLength === this.#length) return void this.#full.push({ bytes: chunk, block: undefined });
    for (let taken = 0; taken < chunk.byteLength;) {
      const block = (this.#block ??= takeBlock());
      const size = Math.min(chunk.byteLength - taken, blockSize - this.#filled);
      copyInto(block, chunk.subarray(taken, taken + size), this.#filled);
      taken += size;
      this.#filled += size;
      if (this.#filled === blockSize) this.finish();
    }
    free(chunk);
  }

  /** Lets go of a block that is not full. */
  finish(): void {
    const block = this.#block;
    if (block !== undefined) this.#full.push({ bytes: block.subarray(0, this.#filled), block });
    this.#block = undefined;
    this.#filled = 0;
  }

  take(): Piece | undefined {
    return this.#full.shift();
  }
}

/** Left to the garbage collector, the chunks of a large layer keep it running all the time. */
const free = ({ buffer, byteLength }: Buffer): void => {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
};

const broken = (): Error =>
  Object.assign(new Error('the connection ended before the body did'), { code: 'ECONNRESET' });

/**
 * The body in pieces, each of them valid until the next one is asked for; all but the last are whole blocks. Fails when
 * the connection ends or stands still before the body does.
 */
export async function* passingBodyOf(request: IncomingMessage): AsyncGenerator<Uint8Array> {
  const gathered = new Gathered(announcedLength(request));
  let state: 'flowing' | 'ended' | 'broken' = 'flowing';
  let wake = (): void => undefined;
  const onData = (chunk: Buffer): void => {
    gathered.add(chunk);
    if (gathered.waiting >= blocksAhead) request.pause();
    if (gathered.waiting > 0) wake();
  };
  const onEnd = (): void => {
    gathered.finish();
    state = 'ended';
    wake();
  };
  const onBroken = (): void => {
    if (state === 'flowing') state = 'broken';
    wake();
  };
  if (request.readableEnded) return;
  if (request.destroyed) throw broken();
  request.socket.setTimeout(longestSilence);
  request.on('data', onData).once('end', onEnd).on('error', onBroken).once('close', onBroken);
  try {
    for (;;) {
      const piece = gathered.take();
      if (piece !== undefined) {
        if (request.isPaused() && gathered.waiting < blocksAhead) request.resume();
        yield piece.bytes;
        // Not after a failure: the block may still be in the hands of who failed.
        if (piece.block !== undefined) giveBack(piece.block);
        continue;
      }
      const now = state as 'flowing' | 'ended' | 'broken';
      if (now === 'ended') return;
      if (now === 'broken') throw broken();
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  } finally {
    request.off('data', onData).off('end', onEnd).off('error', onBroken).off('close', onBroken);
    request.socket.setTimeout(0);
  }
}
