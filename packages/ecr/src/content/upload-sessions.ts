/**
 * Uploads in the making. An upload belongs to one repository, takes its bytes in order, and becomes a layer when it
 * is finished with the right digest. Invariants:
 * - bytes are hashed once, while they pass; the hashes live in memory between requests and are computed again from
 *   the upload after a restart, or where another server took bytes meanwhile;
 * - a chunk is taken whole or not at all, and never moves the offset when it is refused;
 * - requests for one upload take turns;
 * - a layer's row is written after its bytes are durable, in the transaction that ends the upload.
 */
import type { Blobs, Upload } from '@oreno/blobs';
import type { Store } from '@oreno/store';
import type { Digest, DigestAlgorithm } from '../domain/digest.ts';
import { blobNameOf, findRepository, layers, uploads } from '../records.ts';
import type { LayerRecord, RepositoryRecord, UploadRecord } from '../records.ts';
import { copyHashes, createHashes, hashAll, hashing } from './hashes.ts';
import type { Hashes } from './hashes.ts';
import { createKeyedLock } from './keyed-lock.ts';
import type { KeyedLock } from './keyed-lock.ts';
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
  readonly record: UploadRecord;
  readonly upload: Upload;
}

export class UploadSessions {
  readonly #options: UploadSessionsOptions;
  /** Hashes of the bytes received so far; an optimisation that may be lost at any time. */
  readonly #hashes = new Map<string, Hashes>();
  readonly #turns = createKeyedLock();

  constructor(options: UploadSessionsOptions) {
    this.#options = options;
  }

  /** Starts an upload; answers its id, a UUID. */
  async begin(repository: RepositoryRecord, algorithm: DigestAlgorithm): Promise<string> {
    const { store, blobs, now } = this.#options;
    const upload = await blobs.createUpload();
    const { repositoryId } = repository;
    await store.update((tx) => tx.put(uploads, { uploadId: upload.id, repositoryId, startedAt: now(), algorithm }));
    this.#hashes.set(upload.id, createHashes(algorithm));
    return upload.id;
  }

  /** Bytes acknowledged so far. Throws {@link UploadFault} `unknown`. */
  async size(repository: RepositoryRecord, uploadId: string): Promise<number> {
    return (await this.#open(repository, uploadId)).upload.size;
  }

  /** Takes a chunk; answers the bytes received with it. Throws {@link UploadFault}. */
  async append(repository: RepositoryRecord, uploadId: string, chunk: Chunk): Promise<number> {
    return this.#turns(uploadId, async () => this.#take(await this.#open(repository, uploadId), chunk));
  }

  /** Takes a part of UploadLayerPart, whose size decides whether another may follow. */
  async appendPart(
    repository: RepositoryRecord,
    uploadId: string,
    part: Uint8Array,
    start: number,
    mayFollow: (lastPartSize: number | undefined) => void,
  ): Promise<number> {
    return this.#turns(uploadId, async () => {
      const opened = await this.#open(repository, uploadId);
      mayFollow(opened.record.lastPartSize);
      const source = (async function* () {
        yield part;
      })();
      const size = await this.#take(opened, { source, start });
      await this.#options.store.update((tx) => tx.put(uploads, { ...opened.record, lastPartSize: part.byteLength }));
      return size;
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
      const hashes = await this.#hashesOf(opened, digest.algorithm);
      return this.#settle(repository, opened.upload, hashes, digest);
    });
  }

  /** The whole of a layer in one request, with no upload that anyone could continue. Throws {@link UploadFault}. */
  async whole(repository: RepositoryRecord, digest: Digest, chunk: Chunk): Promise<LayerRecord> {
    const upload = await this.#options.blobs.createUpload();
    const hashes = createHashes(digest.algorithm);
    try {
      await upload.append(hashing(hashes, exactly(chunk.length, chunk.source)));
    } catch (error) {
      await upload.abort();
      throw error;
    }
    return this.#settle(repository, upload, hashes, digest);
  }

  /** Ends the upload; its bytes are gone. Throws {@link UploadFault} `unknown`. */
  async cancel(repository: RepositoryRecord, uploadId: string): Promise<void> {
    await this.#turns(uploadId, async () => {
      const { upload } = await this.#open(repository, uploadId);
      await upload.abort();
      await this.#forget(uploadId);
    });
  }

  /** Drops what is known of an upload, bytes included, whoever owns it. */
  async expire(uploadId: string): Promise<void> {
    await this.#turns(uploadId, async () => {
      await (await this.#options.blobs.openUpload(uploadId))?.abort();
      await this.#forget(uploadId);
    });
  }

  async #open({ repositoryId }: RepositoryRecord, uploadId: string): Promise<Opened> {
    const { store, blobs } = this.#options;
    const row = await store.read((tx) => tx.get(uploads, { uploadId }));
    if (row?.record.repositoryId !== repositoryId) throw new UploadFault('unknown');
    const upload = await blobs.openUpload(uploadId);
    if (!upload) throw new UploadFault('unknown');
    return { record: row.record, upload };
  }

  async #forget(uploadId: string): Promise<void> {
    this.#hashes.delete(uploadId);
    await this.#options.store.update((tx) => tx.delete(uploads, { uploadId }));
  }

  async #take({ record, upload }: Opened, { source, start, length }: Chunk): Promise<number> {
    if (start !== undefined && start !== upload.size) throw new UploadFault('outOfOrder', upload.size);
    const before = await this.#hashesOf({ record, upload }, record.algorithm);
    // The copy is what becomes of the hashes once the bytes are kept: a cut-off chunk must not leave a trace in them.
    const after = copyHashes(before);
    const size = await upload.append(hashing(after, exactly(length, source)));
    this.#hashes.set(record.uploadId, after);
    return size;
  }

  async #hashesOf({ record, upload }: Opened, algorithm: DigestAlgorithm): Promise<Hashes> {
    const known = this.#hashes.get(record.uploadId);
    if (known && known.size === upload.size && (algorithm === 'sha256' || known.sha512)) return known;
    const fresh = upload.size === 0 ? createHashes(algorithm) : await hashAll(algorithm, upload.read());
    this.#hashes.set(record.uploadId, fresh);
    return fresh;
  }

  /** Compares, makes durable, and only then lets the repository have the layer. */
  async #settle(repository: RepositoryRecord, upload: Upload, hashes: Hashes, digest: Digest): Promise<LayerRecord> {
    const { store, contentLock, now } = this.#options;
    const content = hashes.sha256.copy().digest('hex');
    const encoded = digest.algorithm === 'sha512' ? hashes.sha512?.copy().digest('hex') : content;
    if (encoded !== digest.encoded) {
      await upload.abort();
      await this.#forget(upload.id);
      throw new UploadFault('wrongDigest');
    }
    const { account, region, repositoryId, repositoryName } = repository;
    const name = blobNameOf(content);
    const layer = { account, region, repositoryId, repositoryName, digest: digest.text, content, size: hashes.size };
    return contentLock(name, async () => {
      await upload.commit(name);
      this.#hashes.delete(upload.id);
      const record: LayerRecord = { ...layer, touchedAt: now() };
      const kept = await store.update(async (tx) => {
        await tx.delete(uploads, { uploadId: upload.id });
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
