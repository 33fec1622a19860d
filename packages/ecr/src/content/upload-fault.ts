/** What can be wrong with an upload, told apart by kind; the API and the distribution endpoints word it. */

export type UploadFaultKind =
  /** No such upload in this repository, or it is gone. */
  | 'unknown'
  /** The chunk does not start where the bytes received so far end. */
  | 'outOfOrder'
  /** More or fewer bytes came than were announced. */
  | 'wrongSize'
  /** The content is not what the digest says. */
  | 'wrongDigest'
  /** The repository was deleted meanwhile. */
  | 'repositoryGone';

export class UploadFault extends Error {
  readonly kind: UploadFaultKind;
  /** Bytes that the upload holds, where it still exists. */
  readonly size: number;

  constructor(kind: UploadFaultKind, size = 0) {
    super(`upload: ${kind}`);
    this.kind = kind;
    this.size = size;
  }
}
