/**
 * The blob port: bytes under a name. Layers, log chunks and scan reports go through it; records never do.
 * An implementation is one file beside this one (files.ts; s3.ts later).
 *
 * Invariants every implementation keeps, and the contract suite checks:
 * - a name appears only when all its bytes are durable; a crash at any byte leaves no name that lies;
 * - a name that exists is never changed in place; writing it again replaces it whole;
 * - an upload's bytes survive a restart of the process up to the last acknowledged append.
 *
 * Names are paths of 1 to 512 characters: segments of `[A-Za-z0-9._=@+:-]` joined by `/`, none of them `.` or `..`.
 */

/** The bytes [start, end] of a blob, both inclusive, as in RFC 9110. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export interface BlobStat {
  readonly name: string;
  /** Bytes. */
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly modifiedAt: number;
}

export interface BlobReader extends BlobStat {
  /** Streams the bytes, or the asked range of them. Destroying the iteration frees the source. */
  readonly body: AsyncIterable<Uint8Array>;
  /**
   * Instead of `body`, for bytes that only pass: hands them to `write` by blocks, each valid until the promise of
   * `write` resolves. Throws what `write` throws; the source is free when the promise settles.
   */
  readonly send: (write: (block: Uint8Array) => Promise<void>) => Promise<void>;
}

/** A blob in the making: appended to in order, then committed under a name, or aborted. */
export interface Upload {
  readonly id: string;
  /** What it was made with. */
  readonly label: string;
  /** Bytes received so far. */
  readonly size: number;
  /**
   * Appends a stream and answers the size after it. When the source fails in the middle, the bytes of this
   * append are cut off again and the error is thrown. A chunk is done with when the next one is asked for. When the
   * storage fails to keep bytes that it took, the upload is gone, with those of earlier appends.
   */
  append(source: AsyncIterable<Uint8Array>): Promise<number>;
  /** Reads back what is there, for hashing again after a restart. */
  read(): AsyncIterable<Uint8Array>;
  /** Makes the bytes durable, then gives them the name. The upload is gone afterwards, also when the storage fails. */
  commit(name: string): Promise<BlobStat>;
  abort(): Promise<void>;
}

export interface Blobs {
  /** Writes a whole blob; durable when the promise resolves. */
  put(name: string, source: Uint8Array | AsyncIterable<Uint8Array>): Promise<BlobStat>;
  get(name: string, range?: ByteRange): Promise<BlobReader | undefined>;
  stat(name: string): Promise<BlobStat | undefined>;
  /** True when there was something to delete. */
  delete(name: string): Promise<boolean>;
  /** Every blob whose name starts with the prefix, in no order that matters. */
  list(prefix: string): AsyncIterable<BlobStat>;
  /**
   * Starts an upload. The label, up to 128 characters of a name's segment, comes back with it and says whose it is. One
   * that nothing was appended to yet may be forgotten by a restart.
   */
  createUpload(label: string): Promise<Upload>;
  /** The upload with that id, as a restarted process finds it again. */
  openUpload(id: string): Promise<Upload | undefined>;
  /** The ids of the uploads whose label starts with the prefix. */
  listUploads(prefix: string): Promise<readonly string[]>;
  /** Aborts uploads untouched since `before` (milliseconds since the epoch); answers how many. */
  expireUploads(before: number): Promise<number>;
  close(): Promise<void>;
}
