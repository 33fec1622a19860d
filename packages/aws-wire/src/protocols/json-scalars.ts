/** The scalars of the AWS JSON protocols: epoch seconds with fractions, base64, NaN and infinities by name. */
import type { InputFormat } from '../shapes/decode.ts';
import type { OutputFormat } from '../shapes/encode.ts';

/** The furthest date of JavaScript, in milliseconds either side of the epoch. */
export const furthestDate = 8.64e15;

const fromSeconds = (seconds: number): number | undefined => {
  const milliseconds = Math.round(seconds * 1000);
  return Math.abs(milliseconds) <= furthestDate ? milliseconds : undefined;
};

/** ISO 8601 or epoch seconds as text; undefined when it is neither. */
export const timestampFromText = (text: string): number | undefined => {
  if (/^[+-]?\d+(\.\d+)?$/.test(text)) return fromSeconds(Number(text));
  const time = /^\d{4}-\d\d-\d\d/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
};

/** Bytes of base64 text; undefined when the text is not base64. */
export const blobFromText = (text: string): Uint8Array | undefined => {
  const bare = text.replaceAll(/\s/g, '').replace(/={1,2}$/, '');
  if (!/^[A-Za-z0-9+/]*$/.test(bare) || bare.length % 4 === 1) return undefined;
  return Buffer.from(bare, 'base64');
};

export const jsonInput: InputFormat = {
  timestamp: (value) => {
    if (typeof value === 'number') return fromSeconds(value);
    return typeof value === 'string' ? timestampFromText(value) : undefined;
  },
  blob: (value) => (typeof value === 'string' ? blobFromText(value) : undefined),
};

export const jsonOutput: OutputFormat = {
  timestamp: (milliseconds, shape) =>
    shape.timestampFormat === 'iso8601' ? new Date(milliseconds).toISOString() : milliseconds / 1000,
  blob: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64'),
  double: (value) => (Number.isFinite(value) ? value : String(value)),
  long: (value) => value,
};
