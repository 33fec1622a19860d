/** `oreno lxd file push` and `pull`: files and whole folders, as one stream. */
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

const bytes = (verb: string) => {
  const { tell, done } = progress();
  return { onBytes: (sum: number) => tell(`${verb} ${(sum / 2 ** 20).toFixed(1)} MiB`), done };
};

export const push = (places: readonly string[], options: Target): Promise<void> => {
  const sources = places.slice(0, -1);
  if (sources.length === 0) throw new CommandFailure('say what to push, then where to: FILE… NAME:/path', 2);
  const { name, path } = placeOf(places.at(-1) ?? '');
  return withLxd(options, async (lxd, signal) => {
    const { onBytes, done } = bytes('pushed');
    await lxd.instance(name).files.push(sources, path, { signal, onBytes }).finally(done);
  });
};

export const pull = (from: string, target: string, options: Target): Promise<void> => {
  const { name, path } = placeOf(from);
  return withLxd(options, async (lxd, signal) => {
    const { onBytes, done } = bytes('pulled');
    await lxd.instance(name).files.pull([path], target, { signal, onBytes }).finally(done);
  });
};
