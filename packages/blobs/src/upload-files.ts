/**
 * Names of the files of uploads: `<id>,<label>,<size>`. The size is what was acknowledged: a file that is longer was cut
 * off in the middle of an append by a crash. Renaming acknowledges, in one step that is made whole or not at all.
 */
import { BlobError } from './blob-error.ts';

/** What the name of an upload's file says. */
export interface UploadFile {
  readonly id: string;
  readonly label: string;
  readonly size: number;
}

const shape = /^([0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}),([A-Za-z0-9._=@+:-]{0,128}),(\d{1,16})$/;
const labelShape = /^[A-Za-z0-9._=@+:-]{0,128}$/;

/** Reads a file's name; undefined for one that is none of an upload. */
export const uploadOfFile = (file: string): UploadFile | undefined => {
  const [, id, label, size] = shape.exec(file) ?? [];
  return id === undefined || label === undefined || size === undefined ? undefined : { id, label, size: Number(size) };
};

export const fileOfUpload = ({ id, label, size }: UploadFile): string => `${id},${label},${size}`;

/** Throws `invalid-name` for a text that cannot be an upload's label. */
export const checkLabel = (label: string): void => {
  if (!labelShape.test(label)) {
    throw new BlobError('invalid-name', `${JSON.stringify(label.slice(0, 128))} cannot be an upload's label.`);
  }
};
