/**
 * The root access key: made at the first start and kept in a file of the data folder that its owner alone can
 * read. The file appears whole or not at all; a key that is there is never replaced.
 */
import { closeSync, fsyncSync, linkSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { newAccessKeyId, newSecretAccessKey } from './domain/access-key.ts';
import type { RootAccessKey } from './domain/access-key.ts';

const fileName = 'root-access-key.json';

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';
const isThere = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'EEXIST';

const parsed = (path: string, text: string): RootAccessKey => {
  try {
    const { accessKeyId, secretAccessKey } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    if (typeof accessKeyId === 'string' && typeof secretAccessKey === 'string') return { accessKeyId, secretAccessKey };
  } catch {
    // Told below: what matters is the file, not where its JSON breaks.
  }
  throw new Error(`${path} holds no root access key; restore it, or remove it to have a new key made`);
};

/** The key that the server of this data folder uses; undefined before its first start. Throws when the file is damaged. */
export const readRootAccessKey = (dataDir: string): RootAccessKey | undefined => {
  const path = join(dataDir, fileName);
  try {
    return parsed(path, readFileSync(path, 'utf8'));
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
};

const writeDurably = (path: string, text: string): void => {
  const descriptor = openSync(path, 'wx', 0o600);
  try {
    writeSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
};

const syncFolder = (folder: string): void => {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
};

/** The key of the data folder, made when there is none. */
export const obtainRootAccessKey = (dataDir: string): RootAccessKey => {
  const found = readRootAccessKey(dataDir);
  if (found !== undefined) return found;
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const key: RootAccessKey = { accessKeyId: newAccessKeyId('AKIA'), secretAccessKey: newSecretAccessKey() };
  const path = join(dataDir, fileName);
  const draft = `${path}.${process.pid}`;
  rmSync(draft, { force: true });
  writeDurably(draft, `${JSON.stringify(key, null, 2)}\n`);
  try {
    // A link, unlike a rename, fails when another process was first.
    linkSync(draft, path);
    syncFolder(dataDir);
  } catch (error) {
    if (!isThere(error)) throw error;
  } finally {
    rmSync(draft, { force: true });
  }
  return readRootAccessKey(dataDir) ?? key;
};
