import type { Connection } from './sqlite-connection.ts';
import { StoreError } from './store-error.ts';
import {
  type AnyRecord,
  type AnyTable,
  extractedColumns,
  keyColumns,
  layOut,
  type TableLayout,
} from './table-layout.ts';
import { type TableSql, tableSql } from './table-sql.ts';

/**
 * The declared tables of one open store: their SQL, and whether the file has them as declared. A table is made
 * by the first update that names it. One whose declaration changed since is built anew from its records'
 * JSON in that same transaction: that is the whole of migration below the records themselves.
 */
export interface Tables {
  /** The SQL of a table; a StoreError when its name was declared differently before. */
  sql(table: AnyTable): TableSql;
  /** True when the table is known to be as declared. */
  isReady(sql: TableSql): boolean;
  /** Inside a write transaction: makes the table as declared. */
  prepare(writer: Connection, sql: TableSql): void;
  /** Inside a read transaction: what the snapshot has under this name. */
  seen(reader: Connection, sql: TableSql): 'ready' | 'absent' | 'outdated';
  /** Marks what a savepoint or transaction prepared, so that its rollback can take it back. */
  mark(): number;
  rollBack(mark: number): void;
}

const declarations =
  'CREATE TABLE IF NOT EXISTS declared_tables (name TEXT PRIMARY KEY, declaration TEXT NOT NULL) WITHOUT ROWID';
const findDeclaration = 'SELECT declaration FROM declared_tables WHERE name = ?';

/** Makes the table that remembers how each table was declared. */
export const createDeclarations = (writer: Connection): void => writer.database.exec(declarations);

export const openTables = (): Tables => {
  const byObject = new Map<AnyTable, TableSql>();
  const byName = new Map<string, TableSql>();
  const written: string[] = [];
  const writable = new Set<string>();
  const readable = new Set<string>();

  return {
    sql: (table) => {
      const known = byObject.get(table);
      if (known !== undefined) return known;
      const layout = layOut(table);
      const sql = byName.get(table.name) ?? tableSql(layout);
      if (sql.layout.declaration !== layout.declaration) {
        throw new StoreError('declaration', `Table ${table.name} is declared twice, with different keys or indexes.`);
      }
      byObject.set(table, sql);
      byName.set(table.name, sql);
      return sql;
    },
    isReady: (sql) => writable.has(sql.layout.name),
    prepare: (writer, sql) => {
      const declared = declaration(writer, sql.layout);
      if (declared === undefined) create(writer, sql);
      else if (declared !== sql.layout.declaration) rebuild(writer, sql);
      writable.add(sql.layout.name);
      written.push(sql.layout.name);
    },
    seen: (reader, sql) => {
      if (readable.has(sql.layout.name)) return 'ready';
      const declared = declaration(reader, sql.layout);
      if (declared === undefined) return 'absent';
      if (declared !== sql.layout.declaration) return 'outdated';
      readable.add(sql.layout.name);
      return 'ready';
    },
    mark: () => written.length,
    rollBack: (mark) => {
      for (const name of written.splice(mark)) writable.delete(name);
    },
  };
};

const declaration = (connection: Connection, layout: TableLayout): string | undefined => {
  const row = connection.statement(findDeclaration).get(layout.name) as readonly string[] | undefined;
  return row?.[0];
};

const create = (writer: Connection, sql: TableSql): void => {
  for (const statement of sql.create) writer.database.exec(statement);
  writer
    .statement('INSERT OR REPLACE INTO declared_tables (name, declaration) VALUES (?, ?)')
    .run(sql.layout.name, sql.layout.declaration);
};

const rebuild = (writer: Connection, sql: TableSql): void => {
  const { layout } = sql;
  const old = `${layout.name}.old`;
  // Indexes keep their names when their table is renamed, and would be in the way.
  for (const index of indexNames(writer, layout.name)) writer.database.exec(`DROP INDEX "${index}"`);
  writer.database.exec(`ALTER TABLE "${layout.name}" RENAME TO "${old}"`);
  create(writer, sql);
  const restore = writer.database.prepare(sql.restore);
  try {
    for (const row of writer.database.prepare(`SELECT _body AS body, _version AS version FROM "${old}"`).iterate()) {
      const record = JSON.parse(String(row['body'])) as AnyRecord;
      const values = [...keyColumns(layout, record), ...extractedColumns(layout, record)];
      restore.run(...values, String(row['body']), Number(row['version']));
    }
  } catch (error) {
    throw new StoreError('declaration', `The rows of table ${layout.name} do not fit its new declaration.`, {
      cause: error,
    });
  }
  writer.database.exec(`DROP TABLE "${old}"`);
};

const indexNames = (writer: Connection, table: string): string[] =>
  writer.database
    .prepare("SELECT name FROM sqlite_schema WHERE type = 'index' AND tbl_name = ? AND sql IS NOT NULL")
    .all(table)
    .map((row) => String(row['name']));
