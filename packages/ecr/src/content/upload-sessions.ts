/**
 * Uploads in the making. An upload belongs to one repository, takes its bytes in order, and becomes a layer when it
 * is finished with the right digest. Invariants:
 * - bytes are hashed once, while they pass; the hashes live in memory between requests and are computed again from
 *   the upload after a restart, or where another server took bytes meanwhile;
 * - a chunk is taken whole or not at all, and never moves the offset when it is refused;
 * - requests for one upload take turns;
 * - what is known of an upload is its label in the blob port, so that beginning one and taking bytes writes no record;
 * - a layer's row is written after its bytes are durable.
 */
import type { Blobs, Upload } from '@oreno/blobs';
import type { Store } from '@oreno/store';
import { isDigestAlgorithm } from '../domain/digest.ts';
import type { Digest, DigestAlgorithm } from '../domain/digest.ts';
import { blobNameOf, findRepository, layers } from '../records.ts';
import type { LayerRecord, RepositoryRecord } from '../records.ts';
import { HashThreads } from './hash-threads.ts';
import { hashAll } from './hashes.ts';
import { createKeyedLock } from './keyed-lock.ts';
import type { KeyedLock } from './keyed-lock.ts';
import { forgetPartsOfGone, notePart } from './small-parts.ts';
import { hashing, StreamHash } from './stream-hash.ts';
import { UploadFault } from './upload-fault.ts';

/** Bytes to append. */
export interface Chunk {
  readonly source: AsyncIterable<Uint8Array>;
  /** Where the first byte belongs; right behind the ones received, when absent. */
  readonly start?: number | undefined;
  /** How many bytes there must be; as many as come, when absent. */
  readonly length?: number | undefined;
}

export interface UploadSessionsOptions {
  readonly store: Store;
  readonly blobs: Blobs;
  /** Held while a blob of that name appears or is collected. */
  readonly contentLock: KeyedLock;
  readonly now: () => number;
}

async function* exactly(length: number | undefined, source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let seen = 0;
  for await (const chunk of source) {
    seen += chunk.byteLength;
    if (length !== undefined && seen > length) throw new UploadFault('wrongSize');
    yield chunk;
  }
  if (length !== undefined && seen < length) throw new UploadFault('wrongSize');
}

/** An upload while a request works on it. */
interface Opened {
  readonly upload: Upload;
  /** What the client announced that it will close the upload with. */
  readonly algorithm: DigestAlgorithm;
}

/** Whose an upload is, and what its client announced. */
const labelOf = ({ repositoryId }: RepositoryRecord, algorithm: DigestAlgorithm): string =>
  `${repositoryId}.${algorithm}`;

/** What a label says to the repository that it belongs to; undefined for any other repository. */
const algorithmOf = (label: string, { repositoryId }: RepositoryRecord): DigestAlgorithm | undefined => {
  const [owner, algorithm = ''] = label.split('.');
  return owner === repositoryId && isDigestAlgorithm(algorithm) ? algorithm : undefined;
};

export class UploadSessions {
  readonly #options: UploadSessionsOptions;
  /** Hashes of the bytes received so far; an optimisation that may be lost at any time. */
  readonly #hashes = new Map<string, StreamHash>();
  readonly #threads = new HashThreads();
  readonly #turns = createKeyedLock();

  constructor(options: UploadSessionsOptions) {
    this.#options = options;
  }

  /** Starts an upload; answers its id, a UUID. */
  async begin(repository: RepositoryRecord, algorithm: DigestAlgorithm): Promise<string> {
    return (await this.#options.blobs.createUpload(labelOf(repository, algorithm))).id;
  }

  /** Bytes acknowledged so far. Throws {@link UploadFault} `unknown`. */
  async size(repository: RepositoryRecord, uploadId: string): Promise<number> {
    return (await this.#open(repository, uploadId)).upload.size;
  }

  /** Takes a chunk; answers the bytes received with it. Throws {@link UploadFault}. */
  async append(repository: RepositoryRecord, uploadId: string, chunk: Chunk): Promise<number> {
    return this.#turns(uploadId, async () => this.#take(await this.#open(repository, uploadId), chunk));
  }

  /** Takes a part of UploadLayerPart; {@link hasSmallPart} tells later whether it was too small. Throws {@link UploadFault}. */
  async appendPart(repository: RepositoryRecord, uploadId: string, part: Uint8Array, start: number): Promise<number> {
    return this.#turns(uploadId, async () => {
      const opened = await this.#open(repository, uploadId);
      const { store, now } = this.#options;
      if (start === opened.upload.size) await notePart(store, { uploadId, start, size: part.byteLength }, now());
      const source = (async function* () {
        yield part;
      })();
      return this.#take(opened, { source, start });
    });
  }

  /**
   * Takes a last chunk, if any, and turns the upload into a layer of the repository. A wrong digest ends the upload
   * and leaves nothing; a chunk out of order leaves it as it was. Throws {@link UploadFault}.
   */
  async finish(repository: RepositoryRecord, uploadId: string, digest: Digest, chunk?: Chunk): Promise<LayerRecord> {
    return this.#turns(uploadId, async () => {
      const opened = await this.#open(repository, uploadId);
      if (chunk) await this.#take(opened, chunk);
      return this.#settle(repository, opened.upload, await this.#hashOf(opened.upload, digest.algorithm), digest);
    });
  }

  /** The same for an upload whose digest was given in several algorithms: all must be right, the first is the layer's. */
  async finishAs(
    repository: RepositoryRecord,
    uploadId: string,
    digests: readonly [Digest, ...Digest[]],
  ): Promise<void> {
    await this.#turns(uploadId, async () => {
      const { upload } = await this.#open(repository, uploadId);
      for (const other of digests.slice(1)) {
        await this.#compare(upload, await this.#hashOf(upload, other.algorithm), other);
      }
      await this.#settle(repository, upload, await this.#hashOf(upload, digests[0].algorithm), digests[0]);
    });
  }

  /** The whole of a layer in one request, with no upload that anyone could continue. Throws {@link UploadFault}. */
  async whole(repository: RepositoryRecord, digest: Digest, chunk: Chunk): Promise<LayerRecord> {
    const upload = await this.#options.blobs.createUpload(labelOf(repository, digest.algorithm));
    const hash = new StreamHash(this.#threads, digest.algorithm);
    try {
      await upload.append(hashing(hash, exactly(chunk.length, chunk.source)));
      return await this.#settle(repository, upload, hash, digest);
    } catch (error) {
      await upload.abort();
      throw error;
    } finally {
      hash.drop();
    }
  }

  /** Ends the upload; its bytes are gone. Throws {@link UploadFault} `unknown`. */
  async cancel(repository: RepositoryRecord, uploadId: string): Promise<void> {
    await this.#turns(uploadId, async () => {
      const { upload } = await this.#open(repository, uploadId);
      await upload.abort();
      this.#forget(uploadId);
    });
  }

  /** Ends the uploads of a repository that is gone. */
  async expireOf(repositoryId: string): Promise<void> {
    const { blobs } = this.#options;
    for (const uploadId of await blobs.listUploads(`${repositoryId}.`)) {
      await this.#turns(uploadId, async () => {
        await (await blobs.openUpload(uploadId))?.abort();
        this.#forget(uploadId);
      });
    }
  }

  /** Ends the uploads that nobody touched since `before`, milliseconds since the epoch; answers how many. */
  async expireUnfinished(before: number): Promise<number> {
    const { blobs, store } = this.#options;
    const isThere = async (uploadId: string): Promise<boolean> => (await blobs.openUpload(uploadId)) !== undefined;
    const expired = await blobs.expireUploads(before);
    for (const uploadId of this.#hashes.keys()) if (!(await isThere(uploadId))) this.#forget(uploadId);
    await forgetPartsOfGone(store, before, isThere);
    return expired;
  }

  async #open(repository: RepositoryRecord, uploadId: string): Promise<Opened> {
    const upload = await this.#options.blobs.openUpload(uploadId);
    const algorithm = upload && algorithmOf(upload.label, repository);
    if (!upload || algorithm === undefined) throw new UploadFault('unknown');
    return { upload, algorithm };
  }

  #forget(uploadId: string): void {
    this.#keep(uploadId, undefined);
  }

  /** What was kept for the upload makes room. */
  #keep(uploadId: string, hash: StreamHash | undefined): void {
    this.#hashes.get(uploadId)?.drop();
    if (hash) this.#hashes.set(uploadId, hash);
    else this.#hashes.delete(uploadId);
  }

  async #take({ upload, algorithm }: Opened, { source, start, length }: Chunk): Promise<number> {
    if (start !== undefined && start !== upload.size) throw new UploadFault('outOfOrder', upload.size);
    // The copy is what becomes of the hash once the bytes are kept: a cut-off chunk must not leave a trace in it.
    const after = (await this.#hashOf(upload, algorithm)).copy();
    try {
      const size = await upload.append(hashing(after, exactly(length, source)));
      this.#keep(upload.id, after);
      return size;
    } catch (error) {
      after.drop();
      throw error;
    }
  }

  async #hashOf(upload: Upload, algorithm: DigestAlgorithm): Promise<StreamHash> {
    const known = this.#hashes.get(upload.id);
    if (known && known.size === upload.size && known.has(algorithm)) return known;
    const seen = upload.size === 0 ? undefined : await hashAll(algorithm, upload.read());
    const fresh = new StreamHash(this.#threads, algorithm, seen);
    this.#keep(upload.id, fresh);
    return fresh;
  }

  /** Answers the SHA-256 of content that has the digest; ends the upload of any other. */
  async #compare(upload: Upload, hash: StreamHash, digest: Digest): Promise<string> {
    const { sha256, asked } = await hash.digests(digest.algorithm);
    if (asked === digest.encoded) return sha256;
    await upload.abort();
    this.#forget(upload.id);
    throw new UploadFault('wrongDigest');
  }

  /** Compares, makes durable, and only then lets the repository have the layer. */
  async #settle(repository: RepositoryRecord, upload: Upload, hash: StreamHash, digest: Digest): Promise<LayerRecord> {
    const { store, contentLock, now } = this.#options;
    const content = await this.#compare(upload, hash, digest);
    const { account, region, repositoryId, repositoryName } = repository;
    const name = blobNameOf(content);
    const layer = { account, region, repositoryId, repositoryName, digest: digest.text, content, size: hash.size };
    return contentLock(name, async () => {
      await upload.commit(name);
      this.#forget(upload.id);
      const record: LayerRecord = { ...layer, touchedAt: now() };
      const kept = await store.update(async (tx) => {
        const current = await findRepository(tx, repository, repositoryName);
        if (current?.repositoryId !== repositoryId) return false;
        await tx.put(layers, record);
        return true;
      });
      if (!kept) throw new UploadFault('repositoryGone');
      return record;
    });
  }
}
