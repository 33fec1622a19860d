import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Store } from './port.ts';
import { openSqliteStore, type SqliteStoreOptions } from './sqlite.ts';

const open = new Set<string>();
const remove = (directory: string): void => {
  open.delete(directory);
  rmSync(directory, { recursive: true, force: true });
};
const removeAll = (): void => open.forEach(remove);

/**
 * A real store in a folder of its own that goes with it, for tests of the packages above. It syncs nothing to
 * the disk; all else is as in earnest. The folder goes at `close`, or with the process.
 */
export const openTemporaryStore = async (options: Partial<SqliteStoreOptions> = {}): Promise<Store> => {
  const directory = mkdtempSync(join(tmpdir(), 'oreno-store-'));
  if (!process.listeners('exit').includes(removeAll)) process.once('exit', removeAll);
  open.add(directory);
  const store = await openSqliteStore({ now: Date.now, durable: false, ...options, directory });
  return {
    ...store,
    close: async () => {
      await store.close();
      remove(directory);
    },
  };
};
