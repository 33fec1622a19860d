import { BlobError } from './blob-error.ts';

/**
 * Names of blobs as paths of files. A comma cannot be part of a name, so it marks what the file system needs:
 *
 *     ecr/layers/sha256:ab      the name
 *     ecr/layers/sha256:ab,     its file: `a` and `a/b` can both be blobs
 *     <200 characters>,,/<rest>, a segment longer than file systems take, folded into folders
 */

const segment = /^(?!\.{1,2}$)[A-Za-z0-9._=@+:-]+$/;
const partial = /^[A-Za-z0-9._=@+:-]*$/;
const longestName = 512;
const fold = /(.{200})(?=.)/g;

/** Checks a name against the port's alphabet. */
export const checkName = (name: string): void => {
  if (name.length >= 1 && name.length <= longestName && name.split('/').every((part) => segment.test(part))) return;
  throw new BlobError('invalid-name', `${JSON.stringify(name.slice(0, longestName))} is not a blob's name.`);
};

/** The file of a name, relative to the folder of all blobs. Throws `invalid-name`. */
export const fileOfName = (name: string): string => {
  checkName(name);
  return `${foldSegments(name.split('/'))},`;
};

/** The name of a file, or undefined when it is none of a blob. */
export const nameOfFile = (file: string): string | undefined =>
  file.endsWith(',') ? file.slice(0, -1).replaceAll(',,/', '') : undefined;

/** The folder that holds all names with the prefix. Throws `invalid-name`. */
export const folderOfPrefix = (prefix: string): string => {
  const segments = prefix.split('/');
  const last = segments.pop() ?? '';
  if (prefix.length > longestName || !partial.test(last) || !segments.every((part) => segment.test(part))) {
    throw new BlobError('invalid-name', `${JSON.stringify(prefix.slice(0, longestName))} starts no blob's name.`);
  }
  return foldSegments(segments);
};

const foldSegments = (segments: readonly string[]): string =>
  segments.map((part) => part.replace(fold, '$1,,/')).join('/');
