import { quote } from './query-sql.ts';
import type { TableLayout } from './table-layout.ts';

/**
 * The SQL texts of one table. Values are bound in this order: key columns, extracted columns, body. An update
 * names only the columns that change, since SQLite writes every index of a column that is named, changed or not. Rows come as `[body, version]`.
 */
export interface TableSql {
  readonly layout: TableLayout;
  readonly create: readonly string[];
  readonly drop: string;
  readonly bodies: string;
  readonly restore: string;
  readonly get: string;
  readonly insert: string;
  /** Finds what an update has to know: extracted columns in their order, then version and rowid. */
  readonly find: string;
  /** Overwrites the row of a rowid: these of the extracted columns, then the body. */
  readonly update: (changed: readonly number[]) => string;
  readonly delete: string;
  readonly deleteIfVersion: string;
  readonly list: (tail: string) => string;
  readonly count: (tail: string) => string;
}

export const tableSql = (layout: TableLayout): TableSql => {
  const table = quote(layout.name);
  const keys = layout.key.map(quote).join(', ');
  const byKey = layout.key.map((column) => `${quote(column)} = ?`).join(' AND ');
  const written = [...layout.extracted.map(quote), '_body'];
  const columns = [keys, ...written].join(', ');
  const marks = [...layout.key, ...written].map(() => '?').join(', ');
  const insert = `INSERT INTO ${table} (${columns}, _version) VALUES (${marks}, 1)`;
  const updates = new Map<string, string>();
  const update = (changed: readonly number[]): string => {
    const columns = [...changed.map((index) => written[index]), '_body'];
    const assign = columns.map((column) => `${column} = ?`).join(', ');
    return `UPDATE ${table} SET ${assign}, _version = _version + 1 WHERE rowid = ?`;
  };
  return {
    layout,
    create: [createTable(layout), ...createIndexes(layout)],
    drop: `DROP TABLE ${table}`,
    bodies: `SELECT _body, _version FROM ${table}`,
    restore: `INSERT INTO ${table} (${columns}, _version) VALUES (${marks}, ?)`,
    get: `SELECT _body, _version FROM ${table} WHERE ${byKey}`,
    insert: `${insert} ON CONFLICT (${keys}) DO NOTHING`,
    find: `SELECT ${[...layout.extracted.map(quote), '_version', 'rowid'].join(', ')} FROM ${table} WHERE ${byKey}`,
    update: (changed) => {
      const shape = changed.join();
      const text = updates.get(shape) ?? update(changed);
      updates.set(shape, text);
      return text;
    },
    delete: `DELETE FROM ${table} WHERE ${byKey} RETURNING _version`,
    deleteIfVersion: `DELETE FROM ${table} WHERE ${byKey} AND _version = ?`,
    list: (tail) => `SELECT _body, _version FROM ${table}${tail}`,
    count: (tail) => `SELECT count(*) FROM (SELECT 1 FROM ${table}${tail})`,
  };
};

/**
 * Columns have no type, so that text stays text and numbers stay numbers, and compare as such. With rowid: of
 * records around 2 kB, pages by index are read four times as fast as WITHOUT ROWID, smaller ones alike.
 */
const createTable = (layout: TableLayout): string => {
  const columns = [...layout.key, ...layout.extracted].map((column) => `${quote(column)} NOT NULL`);
  const key = `PRIMARY KEY (${layout.key.map(quote).join(', ')})`;
  return `CREATE TABLE ${quote(layout.name)} (${[...columns, '_version INTEGER NOT NULL', '_body TEXT NOT NULL', key].join(', ')})`;
};

const createIndexes = (layout: TableLayout): string[] =>
  [...layout.orders].flatMap(([index, order]) =>
    index === undefined
      ? []
      : [`CREATE INDEX ${quote(`${layout.name}.${index}`)} ON ${quote(layout.name)} (${order.map(quote).join(', ')})`],
  );
