/** Reading members of a scanner's JSON that may be absent, of another type, or anything at all. */
import { UnreadableReport } from './findings.ts';

export type Json = Readonly<Record<string, unknown>>;

/** The report as an object; throws {@link UnreadableReport}. */
export const parseReport = (text: string): Json => {
  try {
    const json: unknown = JSON.parse(text);
    if (isJson(json)) return json;
  } catch {
    // Told below, with the same words.
  }
  throw new UnreadableReport('the report of the scanner is not a JSON object');
};

const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value);

/** A member that is an object; an empty one where there is none. */
export const objectIn = (json: Json, name: string): Json => {
  const value = json[name];
  return isJson(value) ? value : {};
};

/** The objects of a member that is a list. */
export const objectsIn = (json: Json, name: string): readonly Json[] => {
  const value = json[name];
  return Array.isArray(value) ? value.filter(isJson) : [];
};

/** A member that is a text and not empty. */
export const textIn = (json: Json, name: string): string | undefined => {
  const value = json[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

export const numberIn = (json: Json, name: string): number | undefined => {
  const value = json[name];
  return typeof value === 'number' ? value : undefined;
};

/** The first text of a member that is a list of texts. */
export const firstTextIn = (json: Json, name: string): string | undefined => {
  const value: unknown = json[name];
  const first: unknown = Array.isArray(value) ? value[0] : undefined;
  return typeof first === 'string' ? first : undefined;
};

/** A time in milliseconds since the epoch, of a member in ISO 8601. */
export const timeIn = (json: Json, name: string): number | undefined => {
  const time = Date.parse(textIn(json, name) ?? '');
  return Number.isNaN(time) || time <= 0 ? undefined : time;
};
