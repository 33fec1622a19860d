/**
 * Records as JSON text and as column values. A record comes back exactly as it was written: what JSON would
 * lose silently (bytes, dates, maps, NaN) is refused with the path of the property. `undefined` properties
 * are dropped, as JSON does.
 */

/** A value as a key or index column holds it. A missing one is -Infinity, which sorts before all others. */
export type ColumnValue = string | number;

/** The column value of a property that a record lacks. */
export const missing = Number.NEGATIVE_INFINITY;

const deepest = 64;

/** The record's JSON text, or a TypeError that names the property that is not JSON. */
export const encodeRecord = (table: string, record: object): string => {
  refuseForeign(table, record, '', 0);
  return JSON.stringify(record);
};

const refuse = (table: string, path: string, what: string): never => {
  const place = path === '' ? 'the record itself' : `property ${path.slice(1)}`;
  throw new TypeError(`A record of table ${table} is not JSON: ${place} is ${what}.`);
};

const refuseForeign = (table: string, value: unknown, path: string, depth: number): void => {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'undefined':
      return;
    case 'number':
      if (!Number.isFinite(value)) refuse(table, path, String(value));
      return;
    case 'object':
      if (value !== null) refuseForeignObject(table, value, path, depth);
      return;
    default:
      refuse(table, path, `a ${typeof value}`);
  }
};

const refuseForeignObject = (table: string, value: object, path: string, depth: number): void => {
  if (depth > deepest) refuse(table, path, `deeper than ${deepest} levels, or contains itself`);
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      if (value[index] === undefined) refuse(table, `${path}.${index}`, 'undefined inside an array');
      refuseForeign(table, value[index], `${path}.${index}`, depth + 1);
    }
    return;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    const name = value.constructor.name;
    refuse(table, path, ArrayBuffer.isView(value) ? `bytes (${name}): they belong in the blob store` : `a ${name}`);
  }
  for (const [property, inner] of Object.entries(value)) {
    if (inner !== undefined && typeof inner !== 'string') refuseForeign(table, inner, `${path}.${property}`, depth + 1);
  }
};

/** The value of an index column: text, number, a boolean as 0 or 1, nothing as what sorts first. */
export const indexColumn = (table: string, property: string, value: unknown): ColumnValue => {
  if (typeof value === 'string') {
    if (value.isWellFormed()) return value;
    throw new TypeError(`Property ${property} of table ${table} orders rows and has half of a surrogate pair.`);
  }
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (value === undefined || value === null) return missing;
  throw new TypeError(
    `Property ${property} of table ${table} orders rows: it is text or a number, not ${typeof value}.`,
  );
};

/** The value of a key column: as in an index, but never missing. */
export const keyColumn = (table: string, property: string, value: unknown): ColumnValue => {
  const column = indexColumn(table, property, value);
  if (column === missing) throw new TypeError(`Property ${property} is part of the key of table ${table} and missing.`);
  return column;
};
