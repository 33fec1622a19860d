/** Calls of the server's own paths for the upkeep of the registry, signed with the root key. */
import { sign } from '@oreno/aws-wire';
import { openDataDir, requireNote } from '../../data-dir.ts';
import { CommandFailure } from '../../failure.ts';
import { rootAccessKey } from '../../root-key.ts';

/** Asks for `/oreno/registry<path>`, with a body of JSON where there is one, and answers its JSON. The server must run. */
export const askRegistry = async (
  folder: string | undefined,
  method: 'DELETE' | 'GET' | 'POST' | 'PUT',
  path: string,
  content?: object,
): Promise<unknown> => {
  const dataDir = openDataDir(folder);
  const note = requireNote(dataDir);
  const { accessKeyId, secretAccessKey } = rootAccessKey(dataDir);
  const url = `${note.origin}/oreno/registry${path}`;
  const credentials = { accessKeyId, secretAccessKey };
  const body = content === undefined ? undefined : JSON.stringify(content);
  const common = { method, url, body, region: note.region, service: 'ecs', credentials, now: Date.now() };
  const { host: _, ...headers } = sign(common);
  const response = await fetch(url, { method, headers, ...(body === undefined ? {} : { body }) });
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
