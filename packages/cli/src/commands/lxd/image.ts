/** `oreno lxd image`: the images of the server. */
import { statSync } from 'node:fs';
import { CommandFailure } from '../../failure.ts';
import { printJson, progress, withLxd } from '../../lxd/session.ts';
import type { Target } from '../../lxd/target.ts';
import { table } from '../../table.ts';

export const listImages = (options: Target & { readonly json: boolean }): Promise<void> =>
  withLxd(options, async (lxd) => {
    const all = await lxd.images.list();
    if (options.json) printJson(all);
    else if (all.length === 0) process.stdout.write('No images. Bring one: oreno lxd image import FILE --alias NAME\n');
    else {
      const rows = all.map(({ aliases, fingerprint, size, type, properties }) => [
        aliases.map(({ name }) => name).join(', ') || '-',
        fingerprint.slice(0, 12),
        type,
        `${(size / 2 ** 20).toFixed(1)} MiB`,
        properties['description'] ?? '-',
      ]);
      process.stdout.write(table(['ALIASES', 'FINGERPRINT', 'TYPE', 'SIZE', 'DESCRIPTION'], rows));
    }
  });

export const importImage = (
  files: readonly string[],
  options: Target & { readonly alias?: string; readonly public: boolean },
): Promise<void> => {
  const [first, second, ...more] = files;
  if (first === undefined || more.length > 0) {
    throw new CommandFailure('an image is one tarball, or its metadata and its root file system', 2);
  }
  for (const file of files) {
    if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true)
      throw new CommandFailure(`there is no file ${file}`, 2);
  }
  return withLxd(options, async (lxd, signal) => {
    const { tell, done } = progress();
    const onBytes = (sent: number, all: number): void =>
      tell(sent < all ? `sent ${Math.floor((sent / all) * 100)}% of ${(all / 2 ** 20).toFixed(1)} MiB` : 'unpacking');
    const source = second === undefined ? { unified: first } : { metadata: first, rootfs: second };
    const { alias, public: isPublic } = options;
    const fingerprint = await lxd.images.import(source, { alias, public: isPublic, signal, onBytes }).finally(done);
    process.stdout.write(`${fingerprint}\n`);
  });
};
