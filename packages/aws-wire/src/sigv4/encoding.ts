/** Text forms that Signature Version 4 prescribes: RFC 3986 percent-encoding, the basic ISO date, hex hashes. */
import { createHmac, hash } from 'node:crypto';
import type { KeyObject } from 'node:crypto';

const unreserved = /^[A-Za-z0-9_.~-]*$/;

/** Percent-encodes everything but unreserved characters, as SigV4 wants it: `encodeURIComponent` and `!'()*`. */
export const uriEncode = (text: string): string =>
  unreserved.test(text)
    ? text
    : encodeURIComponent(text.toWellFormed()).replaceAll(
        /[!'()*]/g,
        (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
      );

/** The text of a percent-encoded piece of a query; what is not valid encoding stays as it is. */
export const uriDecode = (text: string): string => {
  if (!text.includes('%') && !text.includes('+')) return text;
  const spaced = text.replaceAll('+', ' ');
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
};

/** `20261122T184432Z` of milliseconds since the epoch. */
export const amzDate = (time: number): string =>
  `${new Date(time).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;

const amzDatePattern = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/;

/** Milliseconds since the epoch of `20261122T184432Z`, or undefined when it is not such a date. */
export const parseAmzDate = (text: string): number | undefined => {
  const match = amzDatePattern.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hour, minute, second] = match;
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(time) ? undefined : time;
};

export const sha256Hex = (data: string | Uint8Array): string => hash('sha256', data, 'hex');

export const hmac = (key: string | Uint8Array | KeyObject, data: string): Buffer =>
  createHmac('sha256', key).update(data).digest();

/** The hash of an empty body. */
export const emptyHash = sha256Hex('');
