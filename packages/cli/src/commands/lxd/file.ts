/** `oreno lxd file push` and `pull`: files and whole folders, as one stream. */
import { pipeline } from 'node:stream/promises';
import type { Instance } from '@oreno/lxd';
import { CommandFailure } from '../../failure.ts';
import { progress, withLxd } from '../../lxd/session.ts';
import type { Target } from '../../lxd/target.ts';

/** `web:/etc/hosts` as the instance and the path in it. Throws a usage failure. */
const placeOf = (text: string): { readonly name: string; readonly path: string } => {
  const [, name, path] = /^([a-zA-Z][a-zA-Z0-9-]*)[:/](\/?.+)$/.exec(text) ?? [];
  if (name === undefined || path === undefined) {
    throw new CommandFailure(`${JSON.stringify(text)} is no place in an instance: write it as NAME:/path.`, 2);
  }
  return { name, path: path.startsWith('/') ? path : `/${path}` };
};

/** In the place of a file: standard input or output. */
const stream = '-';

const toStandardOutput = async ({ name, files }: Instance, path: string, signal: AbortSignal): Promise<void> => {
  const { type } = await files.info(path);
  if (type !== 'file') throw new CommandFailure(`${name}:${path} is a ${type}, and standard output takes a file.`);
  await pipeline(await files.open(path, { signal }), process.stdout, { end: false }).catch((error: unknown) => {
    // A reader that left has what it wanted.
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  });
};

const bytes = (verb: string) => {
  const { tell, done } = progress();
  return { onBytes: (sum: number) => tell(`${verb} ${(sum / 2 ** 20).toFixed(1)} MiB`), done };
};

export const push = (places: readonly string[], options: Target): Promise<void> => {
  const sources = places.slice(0, -1);
  if (sources.length === 0) throw new CommandFailure('say what to push, then where to: FILE… NAME:/path', 2);
  const { name, path } = placeOf(places.at(-1) ?? '');
  const isStream = sources.includes(stream);
  if (isStream && (sources.length > 1 || path.endsWith('/'))) {
    throw new CommandFailure('standard input is one file: say its name in the instance, - NAME:/path/file', 2);
  }
  return withLxd(options, async (lxd, signal) => {
    const { onBytes, done } = bytes('pushed');
    if (isStream) await lxd.instance(name).files.write(path, process.stdin, { whole: true, signal });
    else await lxd.instance(name).files.push(sources, path, { signal, onBytes }).finally(done);
  });
};

export const pull = (from: string, target: string, options: Target): Promise<void> => {
  const { name, path } = placeOf(from);
  return withLxd(options, async (lxd, signal) => {
    const { onBytes, done } = bytes('pulled');
    if (target === stream) return toStandardOutput(lxd.instance(name), path, signal);
    await lxd.instance(name).files.pull([path], target, { signal, onBytes }).finally(done);
  });
};
