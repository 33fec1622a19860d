import type { LogChunk } from './engine.ts';

const HEADER_BYTES = 8;

/**
 * Takes apart the engine's multiplexed output: frames of one byte for the stream (1 stdout, 2 stderr), three of
 * nothing, four of length, then the data. Frames may be cut anywhere between chunks.
 */
export async function* demultiplex(source: AsyncIterable<Buffer>): AsyncGenerator<LogChunk> {
  let pending: Buffer = Buffer.alloc(0);
  for await (const chunk of source) {
    pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk]);
    while (pending.length >= HEADER_BYTES) {
      const length = pending.readUInt32BE(4);
      if (pending.length < HEADER_BYTES + length) break;
      const data = pending.subarray(HEADER_BYTES, HEADER_BYTES + length);
      yield { stream: pending[0] === 2 ? 'stderr' : 'stdout', data };
      pending = pending.subarray(HEADER_BYTES + length);
    }
  }
}
