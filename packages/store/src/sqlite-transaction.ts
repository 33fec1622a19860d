import type { ChangeLog } from './change-log.ts';
import type { Change, KeyValue, ReadTransaction, Row, SnapshotTransaction, WriteTransaction } from './port.ts';
import { type AnyQuery, querySql } from './query-sql.ts';
import { type ColumnValue, encodeRecord } from './record-json.ts';
import type { Connection } from './sqlite-connection.ts';
import type { Tables } from './sqlite-tables.ts';
import { StoreError } from './store-error.ts';
import { type AnyRecord, type AnyTable, extractedColumns, keyColumns } from './table-layout.ts';
import type { TableSql } from './table-sql.ts';

/**
 * The methods that a transaction function gets. They answer promises because the port does, and do their work
 * at once, synchronously: a function that awaits nothing else runs to its end without another in between.
 */

/** One call's hold on a connection. After `end` its methods refuse. */
interface TransactionScope {
  readonly connection: Connection;
  readonly tables: Tables;
  ended: boolean;
  /** What the storage threw. The call fails with it even when the function caught it. */
  failure: unknown;
}

export interface ReadScope extends TransactionScope {
  readonly log: ChangeLog;
  /** A table whose rows lie in an older declaration: it has to be rebuilt before this read can be answered. */
  outdated: TableSql | undefined;
}

export interface WriteScope extends TransactionScope {
  /** Called before the first write. */
  readonly begin: () => void;
  readonly changes: Omit<Change, 'sequence' | 'at'>[];
}

type StoredRow = readonly [body: string, version: number];

const toRow = <R>(stored: StoredRow): Row<R> => ({ record: JSON.parse(stored[0]) as R, version: stored[1] });

/** Runs one method: refuses after the end, and remembers a failure of the storage. */
const perform = <T>(scope: TransactionScope, work: () => T): Promise<T> => {
  try {
    if (scope.ended)
      throw new StoreError('misuse', 'The transaction has ended: await each of its calls inside its function.');
    return Promise.resolve(work());
  } catch (error) {
    const failure = scope.connection.failure(error);
    if (failure instanceof StoreError && !scope.ended) scope.failure ??= failure;
    return Promise.reject(failure);
  }
};

interface Reading {
  get(table: AnyTable, key: AnyRecord): StoredRow | undefined;
  list(table: AnyTable, query: AnyQuery): readonly StoredRow[];
  count(table: AnyTable, query: AnyQuery): number;
}

/** `sqlOf` answers undefined for a table without rows. */
const reading = (
  connection: Connection,
  sqlOf: (table: AnyTable) => TableSql | undefined,
  tables: Tables,
): Reading => ({
  get: (table, key) => {
    const values = keyColumns(tables.sql(table).layout, key);
    const sql = sqlOf(table);
    return sql && (connection.statement(sql.get).get(...values) as unknown as StoredRow | undefined);
  },
  list: (table, query) => {
    const { tail, values } = querySql(tables.sql(table).layout, query);
    const sql = sqlOf(table);
    return sql === undefined ? [] : (connection.statement(sql.list(tail)).all(...values) as unknown as StoredRow[]);
  },
  count: (table, query) => {
    const { tail, values } = querySql(tables.sql(table).layout, query);
    const sql = sqlOf(table);
    if (sql === undefined) return 0;
    const [count] = connection.statement(sql.count(tail)).get(...values) as unknown as readonly [number];
    return count;
  },
});

const readMethods = (scope: TransactionScope, read: Reading): ReadTransaction => ({
  get: (table, key) =>
    perform(scope, () => {
      const stored = read.get(table, key);
      return stored && toRow(stored);
    }),
  list: (table, query = {}) => perform(scope, () => read.list(table, query as AnyQuery).map((row) => toRow(row))),
  count: (table, query = {}) => perform(scope, () => read.count(table, query as AnyQuery)),
});

export const readTransaction = (scope: ReadScope): SnapshotTransaction => {
  const { connection, tables, log } = scope;
  const sqlOf = (table: AnyTable): TableSql | undefined => {
    const sql = tables.sql(table);
    const seen = tables.seen(connection, sql);
    if (seen === 'outdated') {
      scope.outdated ??= sql;
      throw new StoreError('declaration', `Table ${table.name} is being rebuilt for its new declaration.`);
    }
    return seen === 'ready' ? sql : undefined;
  };
  return {
    ...readMethods(scope, reading(connection, sqlOf, tables)),
    cursor: () => perform(scope, () => log.newestIn(connection)),
    changes: (cursor, limit = 1_000) => perform(scope, () => log.inSnapshot(connection, cursor, limit)),
  };
};

export const writeTransaction = (scope: WriteScope): WriteTransaction => {
  const { connection, tables, changes } = scope;
  const prepared = (table: AnyTable): TableSql => {
    const sql = tables.sql(table);
    if (!tables.isReady(sql)) {
      scope.begin();
      tables.prepare(connection, sql);
    }
    return sql;
  };
  /** Binds all values first, so that a record that is refused costs nothing. */
  const begun = <T>(values: T): T => {
    scope.begin();
    return values;
  };
  const log = (table: AnyTable, key: readonly KeyValue[], kind: Change['kind'], version: number): void => {
    changes.push({ table: table.name, key, kind, version });
  };
  return {
    ...readMethods(scope, reading(connection, prepared, tables)),
    insert: (table, record) =>
      perform(scope, () => {
        const { sql, key, written } = begun(rowValues(prepared(table), record));
        const { changes: count } = connection.statement(sql.insert).run(...key, ...written);
        if (count === 0) return 'exists';
        log(table, key, 'put', 1);
        return 'inserted';
      }),
    put: (table, record, { ifVersion } = {}) =>
      perform(scope, () => {
        const { sql, key, written } = begun(rowValues(prepared(table), record));
        const found = connection.statement(sql.find).get(...key) as unknown as readonly ColumnValue[] | undefined;
        const version = Number(found?.[found.length - 2] ?? 0);
        if (ifVersion !== undefined && (found === undefined || ifVersion !== version)) return 'stale';
        if (found === undefined) connection.statement(sql.insert).run(...key, ...written);
        else overwrite(connection, sql, found, written);
        log(table, key, 'put', version + 1);
        return 'written';
      }),
    delete: (table, keyRecord, { ifVersion } = {}) =>
      perform(scope, () => {
        const sql = prepared(table);
        const key = begun(keyColumns(sql.layout, keyRecord as unknown as AnyRecord));
        if (ifVersion === undefined) {
          const row = connection.statement(sql.delete).get(...key) as unknown as readonly [number] | undefined;
          if (row === undefined) return 'absent';
          log(table, key, 'delete', row[0]);
          return 'deleted';
        }
        const { changes: count } = connection.statement(sql.deleteIfVersion).run(...key, ifVersion);
        if (count === 0) return connection.statement(sql.get).get(...key) === undefined ? 'absent' : 'stale';
        log(table, key, 'delete', ifVersion);
        return 'deleted';
      }),
  };
};

/** Writes the columns that differ from those found, and the body. */
const overwrite = (
  connection: Connection,
  sql: TableSql,
  found: readonly ColumnValue[],
  written: readonly ColumnValue[],
): void => {
  const changed = sql.layout.extracted.flatMap((_property, index) => (found[index] === written[index] ? [] : [index]));
  const values = [...changed.map((index) => written[index] ?? ''), written.at(-1) ?? '', found.at(-1) ?? 0];
  connection.statement(sql.update(changed)).run(...values);
};

const rowValues = (sql: TableSql, record: object) => {
  const values = record as AnyRecord;
  const { layout } = sql;
  const body = encodeRecord(layout.name, record);
  return { sql, key: keyColumns(layout, values), written: [...extractedColumns(layout, values), body] };
};
