import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The version of the code that the log spool's process runs: a digest of its sources and of Node's version. Two
 * checkouts of the same code are the same version; any change of what the process loads is another.
 */

const source = /(?<!\.types)\.ts$|^logs\.json$/;

const sourcesIn = async (folder: string): Promise<string[]> => {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  return entries.filter((entry) => entry.isFile() && source.test(entry.name)).map((e) => join(e.parentPath, e.name));
};

/** The version of this program's spool; the same for as long as the files are. */
export const spoolVersion = async (): Promise<string> => {
  const agent = fileURLToPath(new URL('..', import.meta.url));
  const wire = dirname(fileURLToPath(import.meta.resolve('@oreno/aws-wire')));
  const digest = createHash('sha256').update(process.version);
  const add = async (root: string, files: readonly string[]): Promise<void> => {
    const sorted = files.toSorted();
    const contents = await Promise.all(sorted.map((file) => readFile(file)));
    for (const [at, content] of contents.entries())
      digest.update(`\n${relative(root, sorted[at] ?? '')}\n`).update(content);
  };
  const shared = ['endpoints/stable-port.ts', 'storage/data-dir-lock.ts'].map((file) => join(agent, file));
  await add(agent, [...shared, ...(await sourcesIn(join(agent, 'logs')))]);
  await add(wire, await sourcesIn(wire));
  return digest.digest('hex').slice(0, 16);
};
