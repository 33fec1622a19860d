/**
 * Trees of files between this machine and an instance, as `scp -r` moves them: into the target where that is a folder,
 * else under its name. Modes and links are kept. A running instance that has `tar` moves them as one stream; any other,
 * a stopped one too, file by file.
 */
import { stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Instance as InstanceOfServer } from '../api/types.ts';
import { type Client, part } from '../client.ts';
import { LxdError, NotFoundError } from '../errors.ts';
import { exec } from '../exec.ts';
import type { Files } from '../files.ts';
import { placeWhole } from './place-whole.ts';
import { pullByFiles, pushByFiles } from './tree-by-files.ts';
import { pullByTar, pushByTar, type Runner, type TreeOptions } from './tree-by-tar.ts';

export interface Trees {
  /**
   * Pushes files and folders. Several sources make the target a folder; folders on the way to it are made. Throws a
   * NotFoundError for a source that is not there.
   */
  push(sources: string | readonly string[], target: string, options?: TreeOptions): Promise<void>;
  /** Pulls files and folders. Several sources need a target that is a folder. */
  pull(sources: string | readonly string[], target: string, options?: TreeOptions): Promise<void>;
}

const notRunnable = 127;

export const treesOf = (client: Client, name: string, files: Files): Trees => {
  const runner: Runner = { name, exec: (command, options) => exec(client, name, command, options) };
  const choose = async (byTar: () => Promise<void>, byFiles: () => Promise<void>): Promise<void> => {
    const { status } = await client.read<InstanceOfServer>(`/instances/${part(name)}`, { subject: name });
    if (status !== 'Running') return byFiles();
    try {
      return await byTar();
    } catch (error) {
      if (error instanceof LxdError && error.code === notRunnable) return byFiles();
      throw error;
    }
  };
  return {
    push: async (given, target, options = {}) => {
      const sources = [given].flat().map((source) => resolve(source));
      for (const source of sources) {
        await stat(source).catch(() => {
          throw new NotFoundError('there is no such file or folder on this machine', { subject: source });
        });
      }
      await choose(
        () => pushByTar(runner, sources, target, options),
        () => pushByFiles(files, sources, target, options),
      );
    },
    pull: async (given, target, options = {}) => {
      const sources = [given].flat();
      const isFolder = await stat(target).then(
        (found) => found.isDirectory(),
        () => false,
      );
      if (!isFolder && sources.length > 1) {
        const text = 'several things are pulled into a folder, and there is none of this name';
        throw new NotFoundError(text, { subject: target });
      }
      for (const source of sources) {
        const place = isFolder ? join(target, basename(source)) : resolve(target);
        await placeWhole(place, basename(source), (aside) =>
          choose(
            () => pullByTar(runner, source, aside, options),
            () => pullByFiles(files, source, aside, options),
          ),
        );
      }
    },
  };
};
