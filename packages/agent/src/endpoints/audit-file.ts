import { appendFile, mkdir, rename, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Log } from '../domain/agent-runtime.ts';

/** A file of lines, readable by its owner alone, with one predecessor (`.1`) once it has grown past its size. */
export interface AuditFile {
  readonly write: (line: string) => void;
  /** Resolves once everything is written. */
  readonly close: () => Promise<void>;
}

const MAX_BYTES = 10 * 1024 * 1024;

/** Opens the file, made at the first line. Lines that cannot be written are warned of once. */
export const openAuditFile = async (path: string, log: Log): Promise<AuditFile> => {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  let size = await stat(path).then(
    (found) => found.size,
    () => 0,
  );
  let work = Promise.resolve();
  let warned = false;
  const append = async (text: string): Promise<void> => {
    if (size > MAX_BYTES) {
      await rename(path, `${path}.1`);
      size = 0;
    }
    await appendFile(path, text, { mode: 0o600 });
    size += Buffer.byteLength(text);
  };
  return {
    write: (line) => {
      work = work
        .then(() => append(`${line}\n`))
        .catch((error: unknown) => {
          if (!warned) log('warn', 'the audit log cannot be written', { path, error: String(error) });
          warned = true;
        });
    },
    close: () => work,
  };
};
