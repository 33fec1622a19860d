import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { BlobError, blobFailure, hasCode } from './blob-error.ts';
import { checkName } from './blob-paths.ts';
import { writeStream } from './file-writing.ts';
import type { BlobStat, Upload } from './port.ts';

/**
 * Uploads as files. `<id>` holds the bytes and `<id>.size` how many of them were acknowledged: what a crash
 * in the middle of an append left behind that is cut off when the upload is opened again. One call at a time
 * works on an upload, whichever object it came through.
 */
export interface Uploads {
  create(): Promise<Upload>;
  open(id: string): Promise<Upload | undefined>;
  expire(before: number): Promise<number>;
}

export interface UploadsOptions {
  readonly directory: string;
  /** Moves a synced file to its name, durably. */
  readonly give: (file: string, name: string) => Promise<BlobStat>;
}

interface State {
  readonly id: string;
  readonly file: string;
  size: number;
  busy: boolean;
  gone: boolean;
}

const uploadId = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

export const openUploads = (options: UploadsOptions): Uploads => {
  const { directory } = options;
  const states = new Map<string, State>();

  const attach = (id: string, size: number): State => {
    const state = { id, file: join(directory, id), size, busy: false, gone: false };
    // Two calls may have looked for it at once: the first one's state counts.
    const known = states.get(id) ?? state;
    states.set(id, known);
    return known;
  };
  const detach = async (state: State): Promise<void> => {
    state.gone = true;
    states.delete(state.id);
    await Promise.all([rm(state.file, { force: true }), rm(sizeFile(state), { force: true })]);
  };
  const find = async (id: string): Promise<State | undefined> => {
    if (!uploadId.test(id)) return undefined;
    const known = states.get(id);
    if (known !== undefined) return known;
    const size = await restoreSize(join(directory, id));
    return size === undefined ? undefined : attach(id, size);
  };

  return {
    create: async () => {
      const id = randomUUID();
      const state = attach(id, 0);
      try {
        for (const file of [sizeFile(state), state.file]) await (await open(file, 'wx', 0o600)).close();
      } catch (error) {
        await detach(state);
        throw blobFailure(directory, error);
      }
      return uploadOf(options, state, detach);
    },
    open: async (id) => {
      const state = await find(id);
      return state && uploadOf(options, state, detach);
    },
    expire: async (before) => {
      let expired = 0;
      for (const file of await readdir(directory)) {
        const state = await find(file.replace(/\.size$/, ''));
        if (state === undefined) await removeOld(join(directory, file), before);
        else if (!state.busy && (await modifiedBefore(state.file, before)) && !state.busy && !state.gone) {
          await detach(state);
          expired++;
        }
      }
      return expired;
    },
  };
};

const sizeFile = (state: State): string => `${state.file}.size`;

const modifiedBefore = async (file: string, before: number): Promise<boolean> => {
  try {
    return (await stat(file)).mtimeMs < before;
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return false;
    throw error;
  }
};

/** Half of an upload, from a crash while it was made or removed. */
const removeOld = async (file: string, before: number): Promise<void> => {
  if (await modifiedBefore(file, before)) await rm(file, { force: true });
};

/** Cuts a file that an earlier process left to what it acknowledged, and answers that size. */
const restoreSize = async (file: string): Promise<number | undefined> => {
  let handle: FileHandle | undefined;
  let sizes: FileHandle | undefined;
  try {
    handle = await open(file, 'r+');
    sizes = await open(`${file}.size`, 'r');
    const acknowledged = Number.parseInt((await sizes.readFile('latin1')) || '0', 10);
    const { size } = await handle.stat();
    if (size > acknowledged) await handle.truncate(acknowledged);
    return Math.min(size, acknowledged);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw blobFailure(file, error);
  } finally {
    await Promise.all([handle?.close(), sizes?.close()]);
  }
};

const uploadOf = (
  { directory, give }: UploadsOptions,
  state: State,
  detach: (state: State) => Promise<void>,
): Upload => {
  const alone = async <T>(work: () => Promise<T>): Promise<T> => {
    if (state.gone) throw new BlobError('upload-gone', `The upload ${state.id} is gone.`);
    if (state.busy) throw new BlobError('upload-busy', `The upload ${state.id} is being worked on by another call.`);
    state.busy = true;
    try {
      return await work();
    } finally {
      state.busy = false;
    }
  };
  return {
    id: state.id,
    get size() {
      return state.size;
    },
    append: (source) => alone(() => append(directory, state, source)),
    read: () => {
      if (state.gone) throw new BlobError('upload-gone', `The upload ${state.id} is gone.`);
      return state.size === 0
        ? nothing()
        : createReadStream(state.file, { end: state.size - 1, highWaterMark: 1 << 18 });
    },
    commit: (name) =>
      alone(async () => {
        checkName(name);
        await syncFile(directory, state.file);
        const stat = await give(state.file, name);
        await detach(state);
        return stat;
      }),
    abort: async () => {
      if (!state.gone) await alone(() => detach(state));
    },
  };
};

// eslint-disable-next-line require-yield
async function* nothing(): AsyncGenerator<Uint8Array> {}

const append = async (directory: string, state: State, source: AsyncIterable<Uint8Array>): Promise<number> => {
  const handle = await open(state.file, 'r+').catch((error: unknown) => Promise.reject(blobFailure(directory, error)));
  try {
    const size = await writeStream(handle, source, state.size, directory);
    await acknowledge(directory, state, size).catch(async (error: unknown) => {
      await handle.truncate(state.size);
      throw error;
    });
    state.size = size;
    return size;
  } finally {
    await handle.close();
  }
};

/** One small write in place: a killed process leaves the old size or the new one. */
const acknowledge = async (directory: string, state: State, size: number): Promise<void> => {
  try {
    const handle = await open(sizeFile(state), 'r+');
    try {
      await handle.write(String(size).padStart(16, '0'), 0, 'latin1');
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw blobFailure(directory, error);
  }
};

const syncFile = async (directory: string, file: string): Promise<void> => {
  try {
    const handle = await open(file, 'r+');
    try {
      await handle.datasync();
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw blobFailure(directory, error);
  }
};
