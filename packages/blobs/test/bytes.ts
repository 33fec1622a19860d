import { randomFillSync } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** A stream of these chunks; fails behind the last one when asked to. */
export async function* chunks(parts: Iterable<Uint8Array | string>, failure?: Error): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield typeof part === 'string' ? Buffer.from(part) : part;
  if (failure !== undefined) throw failure;
}

/** All bytes of a stream. */
export const collect = async (source: AsyncIterable<Uint8Array>): Promise<Buffer> => {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return Buffer.concat(parts);
};

/** Every item of an iteration. */
export const all = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
};

export const randomBytes = (size: number): Uint8Array => randomFillSync(new Uint8Array(size));

/** A folder that goes with the test. */
export const temporaryDirectory = (context: TestContext): string => {
  const directory = mkdtempSync(join(tmpdir(), 'oreno-blobs-test-'));
  context.after(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
};
