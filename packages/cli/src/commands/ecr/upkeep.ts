/** Calls of the server's own paths for the upkeep of the registry, signed with the root key. */
import { sign } from '@oreno/aws-wire';
import { openDataDir, requireNote } from '../../data-dir.ts';
import { CommandFailure } from '../../failure.ts';
import { rootAccessKey } from '../../root-key.ts';

/** Asks for `/oreno/registry<path>` and answers its JSON. The server must run: it alone knows what pushes are under way. */
export const askRegistry = async (
  folder: string | undefined,
  method: 'GET' | 'POST',
  path: string,
): Promise<unknown> => {
  const dataDir = openDataDir(folder);
  const note = requireNote(dataDir);
  const { accessKeyId, secretAccessKey } = rootAccessKey(dataDir);
  const url = `${note.origin}/oreno/registry${path}`;
  const credentials = { accessKeyId, secretAccessKey };
  const common = { method, url, region: note.region, service: 'ecs', credentials, now: Date.now() };
  const { host: _, ...headers } = sign(common);
  const response = await fetch(url, { method, headers });
  if (!response.ok) throw new CommandFailure(`the registry does not answer: ${await response.text()}`);
  return response.json();
};

/** Bytes as people read them. */
export const sizeOf = (bytes: number): string => {
  const units = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];
  let size = bytes;
  let unit = 0;
  for (; size >= 1024 && unit < units.length - 1; unit += 1) size /= 1024;
  return `${unit === 0 ? size : size.toFixed(1)} ${units[unit]}`;
};
