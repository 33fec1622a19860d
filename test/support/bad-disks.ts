/** Disks that are full, and disks that fail. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A small disk in memory; undefined without the right to mount one. */
export const mountSmallDisk = (mebibytes: number): string | undefined => {
  const directory = mkdtempSync(join(tmpdir(), 'oreno-small-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', directory], { stdio: 'pipe' });
    return directory;
  } catch {
    rmSync(directory, { recursive: true });
    return undefined;
  }
};

export const unmount = (directory: string): void => void execFileSync('umount', [directory], { stdio: 'pipe' });

/** Appends pieces of the size to a file until there is no room for another one. */
const fillBy = (file: string, size: number): void => {
  const piece = Buffer.alloc(size);
  try {
    for (;;) appendFileSync(file, piece);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  }
};

/**
 * A disk that takes every byte and then fails to keep them: its own file is on a disk without room. `settle` gives what
 * is there its place, records of the file system too, which it would lose otherwise; `mend` makes room; `reload` forgets
 * what is in memory only, as a power cut does.
 */
export const mountFailingDisk = ():
  | { readonly directory: string; settle(): void; fail(): void; mend(): void; reload(): void; remove(): void }
  | undefined => {
  const below = mountSmallDisk(96);
  if (below === undefined) return undefined;
  const [image, filler, directory] = ['image', 'filler', 'disk'].map((name) => join(below, name)) as [
    string,
    string,
    string,
  ];
  const mount = (): void => void execFileSync('mount', ['-o', 'loop', image, directory], { stdio: 'pipe' });
  const remove = (): void => {
    // The loop device lets go of its file a moment after its own disk is gone.
    execFileSync('umount', ['--lazy', below], { stdio: 'pipe' });
    rmSync(below, { recursive: true });
  };
  try {
    writeFileSync(image, '');
    execFileSync('truncate', ['-s', '300m', image]);
    execFileSync('mkfs.ext4', ['-q', '-O', '^has_journal', image], { stdio: 'pipe' });
    mkdirSync(directory);
    mount();
  } catch {
    remove();
    return undefined;
  }
  return {
    directory,
    settle: () => void execFileSync('sync', ['-f', directory]),
    // What waits in memory goes to the disk meanwhile: how much room is left cannot be reckoned beforehand.
    fail: () => {
      for (const size of [1 << 20, 1 << 12]) fillBy(filler, size);
    },
    mend: () => rmSync(filler),
    reload: () => {
      unmount(directory);
      mount();
    },
    remove: () => {
      unmount(directory);
      remove();
    },
  };
};
