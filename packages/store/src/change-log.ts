import type { Change, Changes, KeyValue } from './port.ts';
import type { Connection } from './sqlite-connection.ts';

/**
 * The change log: every write, in commit order. The file is the truth; a ring of the newest entries in memory
 * answers the readers that keep up. Sequences have no gaps, since they are given at commit, and never start
 * again, since the newest entry is never trimmed.
 */
export interface ChangeLog {
  readonly newest: number;
  /** Inside the write transaction, before its commit: writes the entries; they show only after `publish`. */
  append(changes: readonly PendingChange[], at: number): readonly Change[];
  /** After the commit. */
  publish(changes: readonly Change[]): void;
  /** The page behind the cursor, from memory; undefined when it has to be read from the file. */
  recent(cursor: number, limit: number): Changes | undefined;
  /** The newest sequence that a snapshot of the file has. */
  newestIn(reader: Connection): number;
  /** The page behind the cursor as a snapshot of the file has it, from memory where it is there. */
  inSnapshot(reader: Connection, cursor: number, limit: number): Changes;
  /** The same from the file. */
  stored(reader: Connection, cursor: number, limit: number): Changes;
  /** Inside a write transaction: deletes some of what is too old; true when there is more. */
  trim(now: number): boolean;
}

export type PendingChange = Omit<Change, 'sequence' | 'at'>;

/** What is kept: an entry goes when it is older than `milliseconds` and not among the newest `entries`. */
export interface ChangeLogKeep {
  readonly entries: number;
  readonly milliseconds: number;
  /** More than this are never kept, however young. */
  readonly atMost: number;
}

const createLog =
  'CREATE TABLE IF NOT EXISTS change_log (sequence INTEGER PRIMARY KEY, at INTEGER NOT NULL, "table" TEXT NOT NULL, key TEXT NOT NULL, kind TEXT NOT NULL, version INTEGER NOT NULL)';
const insertEntry = 'INSERT INTO change_log (sequence, at, "table", key, kind, version) VALUES (?, ?, ?, ?, ?, ?)';
const selectPage =
  'SELECT sequence, at, "table", key, kind, version FROM change_log WHERE sequence > ? ORDER BY sequence LIMIT ?';
const selectEnds = 'SELECT (SELECT min(sequence) FROM change_log), (SELECT max(sequence) FROM change_log)';
const selectYoung = 'SELECT min(sequence) FROM change_log WHERE sequence <= ? AND at >= ?';
const deleteOld = 'DELETE FROM change_log WHERE sequence <= ?';

const ringSize = 16_384;
const trimmedAtOnce = 5_000;

type LogRow = readonly [number, number, string, string, Change['kind'], number];

const toChange = ([sequence, at, table, key, kind, version]: LogRow): Change =>
  Object.freeze({ sequence, at, table, key: Object.freeze(JSON.parse(key) as KeyValue[]), kind, version });

const ends = (connection: Connection): readonly [oldest: number, newest: number] => {
  const row = connection.statement(selectEnds).get() as unknown as readonly [number | null, number | null];
  return [row[0] ?? 1, row[1] ?? 0];
};

/** Opens the log on the writing connection, making its table in a new file. */
export const openChangeLog = (writer: Connection, keep: ChangeLogKeep): ChangeLog => {
  writer.database.exec(createLog);
  let newest = ends(writer)[1];
  let ring: Change[] = [];

  const stored = (reader: Connection, cursor: number, limit: number): Changes => {
    const [oldest, last] = ends(reader);
    // A cursor from the future belongs to a file that a backup has replaced since.
    if (cursor > last) return { changes: [], cursor: last, lost: true };
    const rows = reader.statement(selectPage).all(cursor, limit) as unknown as LogRow[];
    const changes = rows.map(toChange);
    return { changes, cursor: changes.at(-1)?.sequence ?? cursor, lost: cursor + 1 < oldest };
  };

  return {
    get newest() {
      return newest;
    },
    append: (changes, at) => {
      const insert = writer.statement(insertEntry);
      return changes.map(({ table, key, kind, version }, index) => {
        const sequence = newest + 1 + index;
        insert.run(sequence, at, table, JSON.stringify(key), kind, version);
        return Object.freeze({ sequence, table, key: Object.freeze(key), kind, version, at });
      });
    },
    publish: (changes) => {
      newest += changes.length;
      for (const change of changes) ring.push(change);
      // Cut at twice the size, so that each entry is moved once on average.
      if (ring.length > 2 * ringSize) ring = ring.slice(-ringSize);
    },
    recent: (cursor, limit) => {
      if (cursor === newest) return { changes: [], cursor, lost: false };
      const first = ring[0]?.sequence ?? Infinity;
      if (cursor > newest || cursor + 1 < first) return undefined;
      const changes = ring.slice(cursor + 1 - first, cursor + 1 - first + limit);
      return { changes, cursor: changes.at(-1)?.sequence ?? cursor, lost: false };
    },
    newestIn: (reader) => ends(reader)[1],
    inSnapshot: (reader, cursor, limit) => {
      const last = ends(reader)[1];
      const first = ring[0]?.sequence ?? Infinity;
      if (last !== newest || cursor > last || (cursor < last && cursor + 1 < first))
        return stored(reader, cursor, limit);
      const changes = cursor === last ? [] : ring.slice(cursor + 1 - first, cursor + 1 - first + limit);
      return { changes, cursor: changes.at(-1)?.sequence ?? cursor, lost: false };
    },
    stored,
    trim: (now) => {
      const [oldest] = ends(writer);
      const mayGo = newest - keep.entries;
      const mustGo = newest - keep.atMost;
      const [young] = writer.statement(selectYoung).get(mayGo, now - keep.milliseconds) as unknown as [number | null];
      const last = Math.min(Math.max(young === null ? mayGo : young - 1, mustGo), newest - 1);
      if (last < oldest) return false;
      const end = Math.min(last, oldest + trimmedAtOnce - 1);
      writer.statement(deleteOld).run(end);
      return end < last;
    },
  };
};
