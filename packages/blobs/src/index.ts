export type { BlobReader, Blobs, BlobStat, ByteRange, Upload } from './port.ts';
export { BlobError } from './blob-error.ts';
export type { BlobErrorKind } from './blob-error.ts';
export { openFileBlobs } from './files.ts';
export type { FileBlobsOptions } from './files.ts';
export { blockSize, copyInto, giveBack, takeBlock } from './blocks.ts';
