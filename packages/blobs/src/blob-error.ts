/**
 * What can go wrong with bytes, told apart by kind and never by text.
 *
 * - `no-space`: the disk or a quota is full; nothing of the call is kept, and the next works when space returns
 * - `invalid-name`: a name or prefix outside of the port's alphabet
 * - `invalid-range`: a range that has no byte of the blob
 * - `upload-busy`: two calls at once on one upload
 * - `upload-gone`: the upload was committed, aborted or expired
 * - `io`: the storage failed otherwise
 */
export type BlobErrorKind = 'no-space' | 'invalid-name' | 'invalid-range' | 'upload-busy' | 'upload-gone' | 'io';

/** A failure of the blob port; what a caller's source throws is passed on as it is. */
export class BlobError extends Error {
  override readonly name = 'BlobError';
  readonly kind: BlobErrorKind;

  constructor(kind: BlobErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

const full: ReadonlySet<string | undefined> = new Set(['ENOSPC', 'EDQUOT']);

const isSystemError = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'code' in error && 'syscall' in error;

/** True for the system's error with that code. */
export const hasCode = (error: unknown, ...codes: readonly string[]): boolean =>
  isSystemError(error) && error.code !== undefined && codes.includes(error.code);

/**
 * Whether bytes could not be brought to the disk. The kernel tells of it once: it takes them for written afterwards, and
 * the next sync of the file succeeds without them.
 */
export const isSyncFailure = (error: unknown): boolean =>
  error instanceof BlobError ? isSyncFailure(error.cause) : isSystemError(error) && error.syscall === 'fdatasync';

/** The BlobError for a failed system call under that folder; anything else comes back as it is. */
export const blobFailure = (directory: string, error: unknown): unknown => {
  if (!isSystemError(error)) return error;
  return full.has(error.code)
    ? new BlobError('no-space', `No space is left under ${directory}: free some, nothing else is needed.`, {
        cause: error,
      })
    : new BlobError('io', `The file system under ${directory} failed: ${error.message}`, { cause: error });
};
