/**
 * A process for the tests to kill. `hold` opens the store and waits; `write` makes two-row updates, many in
 * flight, and prints the id of each once it was acknowledged.
 */
import { writeSync } from 'node:fs';
import { defineTable, openSqliteStore, StoreError } from '@oreno/store';

const [task, directory] = process.argv.slice(2);
const things = defineTable<{ readonly id: string }>()('things', ['id']);
const say = (line: string): void => void writeSync(1, `${line}\n`);

try {
  const store = await openSqliteStore({ directory, now: Date.now });
  say('open');
  if (task === 'hold') setInterval(() => undefined, 1_000);
  else {
    const write = async (hand: number): Promise<void> => {
      for (let count = 0; ; count++) {
        const id = `${hand}-${count}`;
        await store.update(async (transaction) => {
          await transaction.insert(things, { id: `${id}-one` });
          await transaction.insert(things, { id: `${id}-two` });
        });
        say(id);
      }
    };
    await Promise.all(Array.from({ length: 16 }, (_, hand) => write(hand)));
  }
} catch (error) {
  say(error instanceof StoreError ? `${error.kind} ${error.message}` : String(error));
}
