/**
 * The agent's state on disk: one append-only file of JSON lines, owner-only, that is replayed at start and written
 * anew when most of it is history. Writes are batched behind the caller; `flushed()` resolves when everything
 * appended before the call is on disk. A last line that was torn by a crash is dropped; it was never answered for.
 */
import { mkdir, open, readFile, rename } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ImageRecord } from '../images/image-record.ts';
import type { Reported } from '../domain/state-report.ts';
import type { TaskState } from '../domain/task-state.ts';

/** What the file holds; a later record of the same kind and key takes the place of the earlier. */
export type JournalRecord =
  | { readonly kind: 'instance'; readonly instance: SavedInstance }
  | { readonly kind: 'task'; readonly task: TaskState }
  | { readonly kind: 'task-removed'; readonly arn: string }
  | { readonly kind: 'reported'; readonly arn: string; readonly reported: Reported }
  | { readonly kind: 'image'; readonly image: ImageRecord }
  | { readonly kind: 'image-removed'; readonly imageId: string }
  | { readonly kind: 'manifest'; readonly timeline: number };

export interface SavedInstance {
  readonly cluster: string;
  readonly containerInstanceArn: string;
  readonly availabilityZone?: string | undefined;
}

export interface SavedState {
  instance: SavedInstance | undefined;
  readonly tasks: Map<string, TaskState>;
  readonly reported: Map<string, Reported>;
  readonly images: Map<string, ImageRecord>;
  manifestTimeline: number;
}

export interface Journal {
  /** What the file held when it was opened. */
  readonly saved: SavedState;
  append(record: JournalRecord): void;
  /** Resolves once all appended so far is durable; rejects when the disk refuses. */
  flushed(): Promise<void>;
  close(): Promise<void>;
}

const COMPACT_AT_LEAST = 1024 * 1024;
const COMPACT_FACTOR = 8;

const apply: {
  readonly [Kind in JournalRecord['kind']]: (state: SavedState, record: Extract<JournalRecord, { kind: Kind }>) => void;
} = {
  instance: (state, { instance }) => {
    state.instance = instance;
  },
  task: (state, { task }) => void state.tasks.set(task.arn, task),
  'task-removed': (state, { arn }) => {
    state.tasks.delete(arn);
    state.reported.delete(arn);
  },
  reported: (state, { arn, reported }) => void state.reported.set(arn, reported),
  image: (state, { image }) => void state.images.set(image.imageId, image),
  'image-removed': (state, { imageId }) => void state.images.delete(imageId),
  manifest: (state, { timeline }) => {
    state.manifestTimeline = timeline;
  },
};

/** Applies one record to a state. */
export function applyRecord(state: SavedState, record: JournalRecord): void {
  const effect = apply[record.kind] as ((state: SavedState, record: JournalRecord) => void) | undefined;
  effect?.(state, record);
}

const emptyState = (): SavedState => ({
  instance: undefined,
  tasks: new Map(),
  reported: new Map(),
  images: new Map(),
  manifestTimeline: 0,
});

/** Opens or creates the file, replays it and writes it anew. The folder is made owner-only. */
export async function openJournal(file: string): Promise<Journal> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const saved = emptyState();
  for (const record of parseLines(await readFile(file, 'utf8').catch(noFile))) applyRecord(saved, record);
  // What is written from here on, kept up to date so that the file can be written anew at any time.
  const current = copyOf(saved);
  let { handle, size: compactSize } = await writeAnew(file, current);
  let size = compactSize;
  let waiting: { text: string[]; settle: { resolve: () => void; reject: (error: unknown) => void }[] } | undefined;
  let writing: Promise<void> = Promise.resolve();
  let failure: unknown;

  const writeBatch = async () => {
    const batch = waiting;
    waiting = undefined;
    if (!batch) return;
    try {
      if (size > COMPACT_AT_LEAST && size > COMPACT_FACTOR * compactSize) {
        await handle.close();
        ({ handle, size: compactSize } = await writeAnew(file, current));
        size = compactSize;
      } else {
        const text = batch.text.join('');
        await handle.appendFile(text);
        await handle.datasync();
        size += text.length;
      }
      failure = undefined;
      for (const { resolve } of batch.settle) resolve();
    } catch (error) {
      failure = error;
      for (const { reject } of batch.settle) reject(error);
    }
  };
  const ensureWaiting = () => {
    if (waiting) return waiting;
    waiting = { text: [], settle: [] };
    writing = writing.then(writeBatch);
    return waiting;
  };

  return {
    saved,
    append(record) {
      applyRecord(current, record);
      ensureWaiting().text.push(`${JSON.stringify(record)}\n`);
    },
    flushed() {
      if (!waiting && failure === undefined) return writing;
      return new Promise((resolve, reject) => {
        ensureWaiting().settle.push({ resolve, reject });
      });
    },
    async close() {
      await writing;
      await handle.close();
    },
  };
}

function noFile(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT') return '';
  throw error;
}

function* parseLines(text: string): Generator<JournalRecord> {
  for (const line of text.split('\n')) {
    if (line === '') continue;
    let record: JournalRecord;
    try {
      record = JSON.parse(line) as JournalRecord;
    } catch {
      // Torn by a crash; the lines after it are later batches of a run that went on after a full disk.
      continue;
    }
    yield record;
  }
}

const copyOf = (state: SavedState): SavedState => ({
  instance: state.instance,
  tasks: new Map(state.tasks),
  reported: new Map(state.reported),
  images: new Map(state.images),
  manifestTimeline: state.manifestTimeline,
});

/** Writes the state under another name, makes it durable, and puts it in the file's place. */
async function writeAnew(file: string, state: SavedState): Promise<{ handle: FileHandle; size: number }> {
  const records: JournalRecord[] = [
    ...(state.instance ? [{ kind: 'instance' as const, instance: state.instance }] : []),
    { kind: 'manifest', timeline: state.manifestTimeline },
    ...[...state.tasks.values()].map((task) => ({ kind: 'task' as const, task })),
    ...[...state.reported].map(([arn, reported]) => ({ kind: 'reported' as const, arn, reported })),
    ...[...state.images.values()].map((image) => ({ kind: 'image' as const, image })),
  ];
  const text = records.map((record) => `${JSON.stringify(record)}\n`).join('');
  const handle = await open(`${file}.new`, 'w', 0o600);
  await handle.appendFile(text);
  await handle.datasync();
  await rename(`${file}.new`, file);
  await syncFolder(dirname(file));
  return { handle, size: text.length };
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
