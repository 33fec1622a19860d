/**
 * The hashes of an upload. One that begins with a large piece of shared memory is hashed on a thread of its own, while
 * the piece is written; any other here and now, which is quicker for a few bytes.
 */
import type { DigestAlgorithm } from '../domain/digest.ts';
import type { HashThreads, ThreadHash } from './hash-threads.ts';
import { copyHashes, createHashes, updateHashes } from './hashes.ts';
import type { Hashes } from './hashes.ts';

/** A piece of at least this many bytes is worth the way to another thread. */
const largePiece = 1 << 18;

const isLargeAndShared = ({ buffer, byteLength }: Uint8Array): boolean =>
  buffer instanceof SharedArrayBuffer && byteLength >= largePiece;

export class StreamHash {
  readonly #threads: HashThreads;
  readonly #algorithm: DigestAlgorithm;
  #here: Hashes | undefined;
  #there: ThreadHash | undefined;
  #size = 0;

  constructor(threads: HashThreads, algorithm: DigestAlgorithm, known?: Hashes) {
    this.#threads = threads;
    this.#algorithm = algorithm;
    this.#here = known;
    this.#size = known?.size ?? 0;
  }

  /** Bytes hashed, or on their way to be. */
  get size(): number {
    return this.#size;
  }

  /** Whether the hash of that algorithm can be had. */
  has(algorithm: DigestAlgorithm): boolean {
    return (algorithm === 'sha256' || this.#algorithm === 'sha512') && this.#there?.isAlive !== false;
  }

  /** Hashes the next bytes; they are free for other use when the promise, if there is one, resolves. */
  update(bytes: Uint8Array): Promise<unknown> | undefined {
    if (this.#size === 0 && isLargeAndShared(bytes)) this.#there = this.#threads.open(this.#algorithm);
    this.#size += bytes.byteLength;
    if (this.#there) return this.#there.update(bytes);
    updateHashes((this.#here ??= createHashes(this.#algorithm)), bytes);
    return undefined;
  }

  /** The same state again: what the copy sees does not change the original. */
  copy(): StreamHash {
    const copy = new StreamHash(this.#threads, this.#algorithm, this.#here && copyHashes(this.#here));
    copy.#there = this.#there?.copy();
    copy.#size = this.#size;
    return copy;
  }

  /** The digests so far in hexadecimal: the SHA-256, and the one of that algorithm. */
  async digests(algorithm: DigestAlgorithm): Promise<{ readonly sha256: string; readonly asked: string | undefined }> {
    const { sha256, sha512 } = this.#there ? await this.#there.digest() : this.#digestsHere();
    return { sha256: sha256 ?? '', asked: algorithm === 'sha512' ? sha512 : sha256 };
  }

  #digestsHere(): { readonly sha256: string; readonly sha512: string | undefined } {
    const { sha256, sha512 } = copyHashes(this.#here ?? createHashes(this.#algorithm));
    return { sha256: sha256.digest('hex'), sha512: sha512?.digest('hex') };
  }

  /** Frees what is kept for it; it is of no use afterwards. */
  drop(): void {
    this.#there?.drop();
  }
}

/** Passes a stream on, hashing each piece while whoever asked for it works on it. */
export async function* hashing(hash: StreamHash, source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const piece of source) {
    const hashed = hash.update(piece);
    // Looked at below; whoever works on the piece may take longer, or fail.
    hashed?.catch(() => undefined);
    try {
      yield piece;
    } finally {
      await hashed;
    }
  }
}
