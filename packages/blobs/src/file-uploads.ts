import { randomUUID } from 'node:crypto';
import { createReadStream, openSync, renameSync } from 'node:fs';
import { readdir, rename, stat, truncate, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { BlobError, blobFailure, hasCode, isSyncFailure } from './blob-error.ts';
import { checkName } from './blob-paths.ts';
import { closeFile, openFile, syncData } from './file-calls.ts';
import { writeStream } from './file-writing.ts';
import type { BlobStat, Upload } from './port.ts';
import { checkLabel, fileOfUpload, uploadOfFile } from './upload-files.ts';

/**
 * Uploads as files, named by upload-files.ts. An upload without bytes is in memory alone. Small ones cost two calls of the
 * file system until they are committed: one makes the file under the name that acknowledges all of it, one writes. One
 * call at a time works on an upload, whichever object it came through. One whose bytes the disk failed to keep is gone:
 * nothing tells afterwards which of them are there.
 */
export interface Uploads {
  create(label: string): Upload;
  open(id: string): Upload | undefined;
  /** The ids of those whose label starts so. */
  labelled(prefix: string): readonly string[];
  expire(before: number): Promise<number>;
  close(): void;
}

export interface UploadsOptions {
  readonly directory: string;
  /** Moves the open, synced file to its name, durably. */
  readonly give: (fd: number, file: string, name: string) => Promise<BlobStat>;
}

interface State {
  readonly id: string;
  readonly label: string;
  size: number;
  /** Whether there is a file. */
  stored: boolean;
  /** The open file; kept for a while between two calls. */
  fd: number | undefined;
  busy: boolean;
  gone: boolean;
  /** Whether its file may lack bytes that were acknowledged, or have others behind them. */
  damaged: boolean;
  /** When it was made or appended to last, in milliseconds since the epoch. */
  touchedAt: number;
}

/** Files that are kept open between two calls, at most. */
const openAtMost = 64;

/** The uploads that an earlier process left in the folder, each cut to what was acknowledged. */
export const openUploads = async (options: UploadsOptions): Promise<Uploads> => {
  const { directory } = options;
  const states = await restoreStates(directory);
  const idle = new Set<State>();

  const close = (state: State): void => {
    idle.delete(state);
    if (state.fd !== undefined) closeFile(state.fd);
    state.fd = undefined;
  };
  const rest = (state: State): void => {
    if (state.fd === undefined) return;
    idle.add(state);
    for (const oldest of idle) {
      if (idle.size <= openAtMost) break;
      close(oldest);
    }
  };
  const detach = async (state: State): Promise<void> => {
    state.gone = true;
    states.delete(state.id);
    close(state);
    if (state.stored) await removeFile(fileOf(directory, state));
  };
  const use = async <T>(state: State, work: () => Promise<T>): Promise<T> => {
    if (state.gone) throw new BlobError('upload-gone', `The upload ${state.id} is gone.`);
    if (state.busy) throw new BlobError('upload-busy', `The upload ${state.id} is being worked on by another call.`);
    state.busy = true;
    idle.delete(state);
    try {
      return await work();
    } catch (error) {
      if (state.damaged) await detach(state).catch(() => undefined);
      throw blobFailure(directory, error);
    } finally {
      state.busy = false;
      rest(state);
    }
  };
  const commit = async (state: State, name: string): Promise<BlobStat> => {
    checkName(name);
    const fd = await openState(directory, state, state.size);
    // Should one of these fail, a second try would succeed without what is missing.
    state.damaged = true;
    await syncData(fd);
    const stats = await options.give(fd, fileOf(directory, state), name);
    state.stored = false;
    await detach(state);
    return stats;
  };
  const uploadOf = (state: State): Upload => ({
    id: state.id,
    label: state.label,
    get size() {
      return state.size;
    },
    append: (source) => use(state, () => append(directory, state, source)),
    read: () => {
      if (state.gone) throw new BlobError('upload-gone', `The upload ${state.id} is gone.`);
      return state.size === 0
        ? nothing()
        : createReadStream(fileOf(directory, state), { end: state.size - 1, highWaterMark: 1 << 18 });
    },
    commit: (name) => use(state, () => commit(state, name)),
    abort: async () => {
      if (!state.gone) await use(state, () => detach(state));
    },
  });

  return {
    create: (label) => {
      checkLabel(label);
      const file = { id: randomUUID(), label, size: 0 };
      const state = newState(file, false, Date.now());
      states.set(state.id, state);
      return uploadOf(state);
    },
    open: (id) => {
      const state = states.get(id);
      return state && uploadOf(state);
    },
    labelled: (prefix) => [...states.values()].filter(({ label }) => label.startsWith(prefix)).map(({ id }) => id),
    expire: async (before) => {
      const old = [...states.values()].filter(({ touchedAt }) => touchedAt < before);
      let expired = 0;
      for (const state of old) {
        if (state.busy || state.gone || state.touchedAt >= before) continue;
        await detach(state);
        expired++;
      }
      for (const file of await readdir(directory)) {
        if (uploadOfFile(file) === undefined) await removeOld(join(directory, file), before);
      }
      return expired;
    },
    close: () => {
      for (const state of idle) close(state);
    },
  };
};

const fileOf = (directory: string, state: State): string => join(directory, fileOfUpload(state));

const newState = (
  { id, label, size }: { readonly id: string; readonly label: string; readonly size: number },
  stored: boolean,
  touchedAt: number,
): State => ({ id, label, size, stored, fd: undefined, busy: false, gone: false, damaged: false, touchedAt });

const restoreStates = async (directory: string): Promise<Map<string, State>> => {
  const states = new Map<string, State>();
  for (const file of await readdir(directory)) {
    const named = uploadOfFile(file);
    if (named === undefined) continue;
    const path = join(directory, file);
    const { size, mtimeMs } = await stat(path);
    if (size > named.size) await truncate(path, named.size);
    const left = { ...named, size: Math.min(size, named.size) };
    // The power went before all of its bytes were on the disk.
    if (left.size < named.size) await rename(path, join(directory, fileOfUpload(left)));
    states.set(named.id, newState(left, true, mtimeMs));
  }
  return states;
};

const removeFile = async (file: string): Promise<void> => {
  try {
    await unlink(file);
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) throw error;
  }
};

/** What is no upload's file, from another version or another program. */
const removeOld = async (file: string, before: number): Promise<void> => {
  if ((await stat(file)).mtimeMs < before) await removeFile(file);
};

// eslint-disable-next-line require-yield
async function* nothing(): AsyncGenerator<Uint8Array> {}

/** The upload's open file; one that has none gets it, under the name that acknowledges `size` bytes. */
const openState = async (directory: string, state: State, size: number): Promise<number> => {
  if (state.fd !== undefined) return state.fd;
  if (state.stored) return (state.fd = await openFile(fileOf(directory, state), 'r+'));
  const file = join(directory, fileOfUpload({ ...state, size }));
  const fd = openSync(file, 'wx', 0o600);
  state.fd = fd;
  state.stored = true;
  return fd;
};

const append = async (directory: string, state: State, source: AsyncIterable<Uint8Array>): Promise<number> => {
  const before = fileOf(directory, state);
  const isNew = !state.stored;
  // What a new file is called from its beginning, when all of its bytes are known.
  let named = 0;
  try {
    const size = await writeStream(
      (whole) => openState(directory, state, (named = whole ?? 0)),
      source,
      state.size,
      directory,
    );
    const after = { ...state, size };
    if (size !== (isNew ? named : state.size)) renameSync(before, join(directory, fileOfUpload(after)));
    state.size = size;
    state.touchedAt = Date.now();
    return size;
  } catch (error) {
    const isBack = await takeBack(directory, state, isNew, named).then(
      () => true,
      () => false,
    );
    state.damaged = state.stored && (!isBack || isSyncFailure(error));
    throw error;
  }
};

/** Behind an append that failed: a file that it made goes again; of another one the new bytes do. */
const takeBack = async (directory: string, state: State, isNew: boolean, named: number): Promise<void> => {
  if (!state.stored) return;
  if (!isNew) return truncate(fileOf(directory, state), state.size);
  if (state.fd !== undefined) closeFile(state.fd);
  state.fd = undefined;
  state.stored = false;
  await removeFile(join(directory, fileOfUpload({ ...state, size: named })));
};
