/** Reading values that people wrote in YAML: `2` and `"2"` are the same text, `a` is a list of one. */
import { BridgeError } from '../bridge/error.ts';

export type Raw = Readonly<Record<string, unknown>>;

const refuse = (key: string, wanted: string, value: unknown): never => {
  throw new BridgeError('invalid-config', `${key} is to be ${wanted}, and is ${JSON.stringify(value)}.`);
};

const isAbsent = (value: unknown): value is undefined | null => value === undefined || value === null;

/** Whether anything stands there: `key:` alone is nothing in YAML. */
export const isGiven = (value: unknown): boolean => !isAbsent(value);

export const text = (raw: Raw, key: string): string | undefined => {
  const value = raw[key];
  if (isAbsent(value)) return undefined;
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : refuse(key, 'a text', value);
};

/** A text that must be there. */
export const need = (raw: Raw, key: string): string => {
  const value = text(raw, key);
  if (value === undefined) throw new BridgeError('invalid-request', `The member ${key} is missing.`);
  return value;
};

export const number = (raw: Raw, key: string): number | undefined => {
  const value = raw[key];
  if (isAbsent(value)) return undefined;
  const found = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof found === 'number' && Number.isFinite(found) && found >= 0
    ? found
    : refuse(key, 'a number that is not negative', value);
};

export const truth = (raw: Raw, key: string): boolean | undefined => {
  const value = raw[key];
  if (isAbsent(value)) return undefined;
  if (typeof value === 'boolean') return value;
  if (value === 'true' || value === 'false') return value === 'true';
  return refuse(key, 'true or false', value);
};

export const list = (raw: Raw, key: string): readonly string[] | undefined => {
  const value = raw[key];
  if (isAbsent(value)) return undefined;
  const items: readonly unknown[] = Array.isArray(value) ? value : [value];
  return items.map((item) =>
    typeof item === 'string' || typeof item === 'number'
      ? String(item)
      : refuse(key, 'a text or a list of texts', value),
  );
};

export const map = (raw: Raw, key: string): Raw => {
  const value = raw[key];
  if (isAbsent(value)) return {};
  return typeof value === 'object' && !Array.isArray(value) ? (value as Raw) : refuse(key, 'a map', value);
};

/** A map of texts: names that LXD gives values to. */
export const textMap = (raw: Raw, key: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(map(raw, key)).map(([name, value]) => {
      const path = `${key}.${name}`;
      return [name, text({ [path]: value }, path) ?? ''];
    }),
  );
