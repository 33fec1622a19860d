/** A process for the tests to kill: puts blobs named after their hash, and prints each name once it is durable. */
import { createHash } from 'node:crypto';
import { writeSync } from 'node:fs';
import { openFileBlobs } from '@oreno/blobs';
import { chunks, randomBytes } from './bytes.ts';

const blobs = await openFileBlobs({ directory: process.argv[2] ?? '' });
const write = async (): Promise<never> => {
  for (;;) {
    const bytes = randomBytes(Math.floor(Math.random() * 400_000));
    const name = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
    if (bytes.length % 2 === 0) await blobs.put(name, chunks([bytes.subarray(0, 1_000), bytes.subarray(1_000)]));
    else {
      const upload = await blobs.createUpload('mine');
      await upload.append(chunks([bytes]));
      await upload.commit(name);
    }
    writeSync(1, `${name}\n`);
  }
};
await Promise.all([write(), write(), write(), write()]);
