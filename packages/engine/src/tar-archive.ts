/** What one entry of an archive holds: a file's bytes, a link's target, or a folder. */
export type TarEntry =
  | { readonly path: string; readonly mode?: number; readonly data: Uint8Array }
  | { readonly path: string; readonly linkTo: string }
  | { readonly path: string; readonly mode?: number; readonly folder: true };

const BLOCK = 512;

/**
 * A ustar archive of a few entries in memory, owned by root and dated at the epoch, so that the same entries give
 * the same bytes: for images that are made on the spot. Paths are at most 100 bytes.
 */
export function tarArchive(entries: readonly TarEntry[]): Buffer {
  const blocks: Uint8Array[] = [];
  for (const entry of entries) {
    const data = 'data' in entry ? entry.data : new Uint8Array();
    blocks.push(header(entry, data.byteLength), data, Buffer.alloc(padding(data.byteLength)));
  }
  blocks.push(Buffer.alloc(2 * BLOCK));
  return Buffer.concat(blocks);
}

const padding = (size: number) => (BLOCK - (size % BLOCK)) % BLOCK;

function header(entry: TarEntry, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const path = 'folder' in entry && !entry.path.endsWith('/') ? `${entry.path}/` : entry.path;
  if (Buffer.byteLength(path) > 100) throw new RangeError(`the path is too long for a tar header: ${path}`);
  const type = 'linkTo' in entry ? '2' : 'folder' in entry ? '5' : '0';
  const mode = 'linkTo' in entry ? 0o777 : (entry.mode ?? ('folder' in entry ? 0o755 : 0o644));
  block.write(path, 0);
  block.write(octal(mode, 7), 100);
  block.write(octal(0, 7), 108);
  block.write(octal(0, 7), 116);
  block.write(octal(size, 11), 124);
  block.write(octal(0, 11), 136);
  block.write(' '.repeat(8), 148);
  block.write(type, 156);
  if ('linkTo' in entry) block.write(entry.linkTo, 157, 100);
  block.write('ustar\u000000', 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return block;
}

const octal = (value: number, digits: number) => `${value.toString(8).padStart(digits, '0')}\0`;
