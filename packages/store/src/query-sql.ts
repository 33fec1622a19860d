import type { KeyValue } from './port.ts';
import { type ColumnValue, indexColumn, keyColumn, missing } from './record-json.ts';
import type { AnyRecord, TableLayout } from './table-layout.ts';

/**
 * Queries as indexed SQL. A query is a range in one total order of the rows: equal leading columns, at most
 * one lower and one upper bound after them. `after` is a bound on the whole rest of the order, so paging
 * neither skips nor repeats a row when others come and go.
 */

/** A query of any table, as the port takes it. */
export interface AnyQuery {
  readonly index?: string | undefined;
  readonly where?: AnyRecord | undefined;
  readonly from?: KeyValue | undefined;
  readonly below?: KeyValue | undefined;
  readonly prefix?: string | undefined;
  readonly after?: AnyRecord | undefined;
  readonly reverse?: boolean | undefined;
  readonly limit?: number | undefined;
}

export interface QuerySql {
  /** From `WHERE` to `LIMIT`; the same text for every query of the same shape. */
  readonly tail: string;
  readonly values: readonly ColumnValue[];
}

interface Bound {
  readonly columns: readonly string[];
  readonly values: readonly ColumnValue[];
  readonly inclusive: boolean;
}

export const quote = (name: string): string => `"${name}"`;

/** The SQL of a query; a TypeError or RangeError when the query does not fit the table. */
export const querySql = (layout: TableLayout, query: AnyQuery): QuerySql => {
  const order = layout.orders.get(query.index);
  if (order === undefined) throw new TypeError(`Table ${layout.name} has no index ${String(query.index)}.`);
  const equal = leadingValues(layout, order, query.where ?? {});
  const rest = order.slice(equal.length);
  const [lower, upper] = bounds(layout, rest, query);
  const conditions = order.slice(0, equal.length).map((column) => `${quote(column)} = ?`);
  if (lower !== undefined) conditions.push(comparison(lower, '>'));
  if (upper !== undefined) conditions.push(comparison(upper, '<'));
  const where = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  const direction = query.reverse === true ? ' DESC' : '';
  // Equal columns stay in the ORDER BY: SQLite sees that they are constant.
  const orderBy = ` ORDER BY ${order.map((column) => quote(column) + direction).join(', ')}`;
  const values = [...equal, ...(lower?.values ?? []), ...(upper?.values ?? [])];
  if (query.limit === undefined) return { tail: where + orderBy, values };
  if (!Number.isSafeInteger(query.limit) || query.limit < 0) throw new RangeError(`limit ${query.limit} is no count.`);
  return { tail: `${where}${orderBy} LIMIT ?`, values: [...values, query.limit] };
};

const comparison = ({ columns, values, inclusive }: Bound, sign: '<' | '>'): string =>
  `(${columns.map(quote).join(', ')}) ${sign}${inclusive ? '=' : ''} (${values.map(() => '?').join(', ')})`;

const leadingValues = (layout: TableLayout, order: readonly string[], where: AnyRecord): ColumnValue[] => {
  const asked = Object.keys(where).filter((property) => where[property] !== undefined);
  const leading = order.slice(0, asked.length);
  const stray = asked.find((property) => !leading.includes(property));
  if (stray !== undefined) {
    throw new TypeError(
      `Query on ${layout.name}: ${stray} is not among the leading properties of ${order.join(', ')}.`,
    );
  }
  return leading.map((property) => indexColumn(layout.name, property, where[property]));
};

const bounds = (
  layout: TableLayout,
  rest: readonly string[],
  query: AnyQuery,
): readonly [Bound | undefined, Bound | undefined] => {
  const column = rest[0];
  const { from, below, prefix, after } = query;
  if (column === undefined) {
    if (from === undefined && below === undefined && prefix === undefined) {
      // The whole order is fixed: at most one row, and nothing lies behind it.
      return [
        after === undefined ? undefined : { columns: ['_version'], values: [Infinity], inclusive: false },
        undefined,
      ];
    }
    throw new TypeError(`Query on ${layout.name}: no property is left for from, below or prefix.`);
  }
  const one = (value: ColumnValue, inclusive: boolean): Bound => ({ columns: [column], values: [value], inclusive });
  const check = (value: KeyValue): ColumnValue => keyColumn(layout.name, column, value);
  let lower = from === undefined ? undefined : one(check(from), true);
  let upper = below === undefined ? undefined : one(check(below), false);
  // A row without the property is below nothing: else `expiresAt below now` would find what never expires.
  if (upper !== undefined) lower ??= one(missing, false);
  if (prefix !== undefined) {
    lower = narrower(lower, one(check(prefix), true), 1);
    const end = behindPrefix(prefix);
    if (end !== undefined) upper = narrower(upper, one(end, false), -1);
  }
  if (after === undefined) return [lower, upper];
  const cursor: Bound = { columns: rest, values: cursorValues(layout, rest, after), inclusive: false };
  return query.reverse === true ? [lower, narrower(upper, cursor, -1)] : [narrower(lower, cursor, 1), upper];
};

const cursorValues = (layout: TableLayout, rest: readonly string[], after: AnyRecord): ColumnValue[] =>
  rest.map((property) =>
    layout.key.includes(property)
      ? keyColumn(layout.name, property, after[property])
      : indexColumn(layout.name, property, after[property]),
  );

/** Of two bounds on the same side the one that admits less: SQLite walks an index from one bound only. */
const narrower = (one: Bound | undefined, other: Bound, side: 1 | -1): Bound => {
  const first = one?.values[0];
  const second = other.values[0];
  if (one === undefined || first === undefined || second === undefined) return other;
  const sign = compareColumns(second, first) * side;
  if (sign !== 0) return sign > 0 ? other : one;
  // Equal first values: a cursor (more columns) admits less than an inclusive bound and more than an exclusive one.
  return one.inclusive ? other : one;
};

/** SQLite's order: numbers before text, text by its UTF-8 bytes. */
const compareColumns = (one: ColumnValue, other: ColumnValue): number => {
  if (typeof one === 'string' && typeof other === 'string') return Buffer.compare(Buffer.from(one), Buffer.from(other));
  if (typeof one === 'number' && typeof other === 'number') return one - other || 0;
  return typeof one === 'number' ? -1 : 1;
};

/** The least text that sorts behind every text with the prefix; undefined when there is none. */
const behindPrefix = (prefix: string): string | undefined => {
  const points = Array.from(prefix, (character) => character.codePointAt(0) ?? 0);
  while (points.length > 0) {
    const last = points.pop() ?? 0;
    // The code points of surrogates are no characters: skip them.
    if (last < 0x10ffff) return String.fromCodePoint(...points, last === 0xd7ff ? 0xe000 : last + 1);
  }
  return undefined;
};
