/** The files that an image is brought from: how they are sent, and the fingerprint that they make. */
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { Readable } from 'node:stream';

/** The files of an image: one tarball, or its metadata and its root file system (tarball or squashfs). */
export type ImageFiles = { readonly unified: string } | { readonly metadata: string; readonly rootfs: string };

/** One after the other, as they are sent. */
export const pathsOf = (files: ImageFiles): readonly string[] =>
  'unified' in files ? [files.unified] : [files.metadata, files.rootfs];

const chunksOf = (file: string): AsyncIterable<Buffer> => createReadStream(file, { highWaterMark: 1 << 18 });

const sizeOf = (paths: readonly string[]): number => paths.reduce((sum, file) => sum + statSync(file).size, 0);

const multipart = (parts: readonly (readonly [string, string])[]) => {
  const boundary = randomUUID();
  const heads = parts.map(
    ([name]) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="${name}"\r\n` +
      'Content-Type: application/octet-stream\r\n\r\n',
  );
  const end = `--${boundary}--\r\n`;
  const files = sizeOf(parts.map(([, file]) => file));
  const length = files + heads.reduce((sum, head) => sum + head.length + 2, 0) + end.length;
  const content = async function* (): AsyncGenerator<Buffer> {
    for (const [index, [, file]] of parts.entries()) {
      yield Buffer.from(heads[index] ?? '');
      yield* chunksOf(file);
      yield Buffer.from('\r\n');
    }
    yield Buffer.from(end);
  };
  return { content: content(), type: `multipart/form-data; boundary=${boundary}`, length };
};

const counted = async function* (
  content: AsyncIterable<Buffer>,
  all: number,
  onBytes: (sent: number, all: number) => void = () => {},
): AsyncGenerator<Buffer> {
  let sent = 0;
  for await (const chunk of content) {
    yield chunk;
    onBytes((sent += chunk.length), all);
  }
};

/** The request that brings them; `onBytes` is told how many of its bytes were taken. */
export const uploadOf = (files: ImageFiles, onBytes?: (sent: number, all: number) => void) => {
  const { content, type, length } =
    'unified' in files
      ? { content: chunksOf(files.unified), type: 'application/octet-stream', length: sizeOf([files.unified]) }
      : multipart([
          ['metadata', files.metadata],
          ['rootfs', files.rootfs],
        ]);
  return {
    body: Readable.from(counted(content, length, onBytes), { objectMode: false }),
    headers: { 'content-type': type, 'content-length': length },
  };
};

/** As the server reckons it: over the files, one after the other. */
export const fingerprintOf = async (files: ImageFiles): Promise<string> => {
  const hash = createHash('sha256');
  for (const file of pathsOf(files)) for await (const chunk of chunksOf(file)) hash.update(chunk);
  return hash.digest('hex');
};
