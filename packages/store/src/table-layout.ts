import { type ColumnValue, indexColumn, keyColumn } from './record-json.ts';
import { StoreError } from './store-error.ts';

/**
 * How a declared table lies in SQL: one column for each property of the key or of an index, extracted from the
 * record, then the version and the record's JSON. Every order that rows can be walked in (the key's, each
 * index's) ends with the whole key, so it is total and a page can start behind any row.
 */

/** A declared table without its record's type. */
export interface AnyTable {
  readonly name: string;
  readonly key: readonly string[];
  readonly indexes: { readonly [index: string]: readonly string[] };
}

export type AnyRecord = Readonly<Record<string, unknown>>;

export interface TableLayout {
  readonly name: string;
  readonly key: readonly string[];
  /** Extracted properties that are not of the key. */
  readonly extracted: readonly string[];
  /** The columns that order the rows, by index name. */
  readonly orders: ReadonlyMap<string | undefined, readonly string[]>;
  /** What was declared, as text: rows are extracted again when it differs from what the file says. */
  readonly declaration: string;
}

const tableName = /^[a-z][a-z0-9_]{0,62}$/;
const columnName = /^[A-Za-z][A-Za-z0-9_]{0,62}$/;
const reserved: ReadonlySet<string> = new Set(['change_log', 'declared_tables']);

/** Lays a table out; a declaration that SQL could not hold is a StoreError. */
export const layOut = (table: AnyTable): TableLayout => {
  const properties = new Set([...table.key, ...Object.values(table.indexes).flat()]);
  refuseBadNames(table, properties);
  const orders = new Map<string | undefined, readonly string[]>([[undefined, table.key]]);
  for (const [index, columns] of Object.entries(table.indexes)) {
    orders.set(index, [...columns, ...table.key.filter((property) => !columns.includes(property))]);
  }
  return {
    name: table.name,
    key: table.key,
    extracted: [...properties].filter((property) => !table.key.includes(property)),
    orders,
    declaration: JSON.stringify({ key: table.key, indexes: table.indexes }),
  };
};

const refuseBadNames = (table: AnyTable, properties: ReadonlySet<string>): void => {
  const names = [...properties, ...Object.keys(table.indexes)];
  const bad =
    !tableName.test(table.name) || reserved.has(table.name) || table.name.startsWith('sqlite_')
      ? table.name
      : names.find((name) => !columnName.test(name));
  if (bad !== undefined) throw new StoreError('declaration', `Table ${table.name}: "${bad}" is not a usable name.`);
  if (table.key.length === 0) throw new StoreError('declaration', `Table ${table.name} has no key.`);
  if (new Set([...properties].map((name) => name.toLowerCase())).size < properties.size) {
    throw new StoreError('declaration', `Table ${table.name}: two of its properties differ in case only.`);
  }
};

/** A key's values in the table's order. */
export const keyColumns = (layout: TableLayout, record: AnyRecord): ColumnValue[] =>
  layout.key.map((property) => keyColumn(layout.name, property, record[property]));

/** The extracted values that are not of the key. */
export const extractedColumns = (layout: TableLayout, record: AnyRecord): ColumnValue[] =>
  layout.extracted.map((property) => indexColumn(layout.name, property, record[property]));
