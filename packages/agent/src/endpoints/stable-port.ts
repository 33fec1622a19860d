import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../domain/agent-runtime.ts';

/**
 * Ports that stay the same over restarts: containers outlive the agent and hold addresses of its servers. The port
 * that was listened on is kept in a file and taken again; where somebody else has it by now, another one is taken,
 * with a warning, because containers started before then no longer find it.
 */

/** Listens on a loopback or other address; 0 takes any free port. Resolves with the port. */
export const listenOn = (server: Server, port: number, host: string): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });

const inUse = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'EADDRINUSE' || error.code === 'EACCES');

/** Listens on a port that was had before, waiting a moment for a predecessor that is still going away. */
const listenAgain = async (server: Server, port: number, host: string): Promise<number> => {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await listenOn(server, port, host);
    } catch (error) {
      if (!inUse(error) || attempt >= 10) throw error;
      await delay(200);
    }
  }
};

export interface StablePortOptions {
  readonly server: Server;
  readonly host: string;
  /** The file that remembers the port. */
  readonly file: string;
  /** The port to take when none is remembered: 0 for any. When it is taken, any other. */
  readonly preferred: number;
  readonly log: Log;
}

/** Listens as described above and remembers the port. Throws what listening throws for other reasons than a taken port. */
export const listenOnStablePort = async (options: StablePortOptions): Promise<number> => {
  const { server, host, file, preferred, log } = options;
  const remembered = Number(await readFile(file, 'utf8').catch(() => '0'));
  const had = Number.isInteger(remembered) && remembered > 0 && remembered < 65_536;
  const listen = async (): Promise<number> => {
    try {
      return had ? await listenAgain(server, remembered, host) : await listenOn(server, preferred, host);
    } catch (error) {
      if (!inUse(error)) throw error;
      if (had) log('warn', `port ${remembered} is taken: running containers do not find the agent there any more`);
      else log('info', `port ${preferred} is taken; another one is used`);
      return listenOn(server, 0, host);
    }
  };
  const port = await listen();
  await mkdir(dirname(file), { recursive: true });
  await writeFile(`${file}.new`, String(port), { mode: 0o600 });
  await rename(`${file}.new`, file);
  return port;
};
