/**
 * Network links that LXD leaves on its machine: 5.0 makes a pair for each interface of an instance, hands one of it to
 * the container that starts, and forgets both when that does not start. They would stay until the machine does.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Lxd } from '@oreno/lxd';

const run = promisify(execFile);

/** The names that LXD makes up; others may be of links that are somebody's. */
const madeUp = /^veth[0-9a-f]{8}$/;

/** Links that the configuration of an instance names. */
const linksIn = (config: Readonly<Record<string, string>>): readonly string[] =>
  Object.entries(config).flatMap(([key, name]) =>
    /^volatile\..*\.host_name$/.test(key) && madeUp.test(name) ? [name] : [],
  );

/**
 * Takes away what is left of the links of an instance that was deleted, by its last configuration: as root on LXD's own
 * machine; elsewhere nothing is done.
 */
export const removeOrphanLinks = async (lxd: Lxd, config: Readonly<Record<string, string>>): Promise<void> => {
  if (!lxd.address.startsWith('/')) return;
  for (const name of linksIn(config)) {
    if (!existsSync(join('/sys/class/net', name))) continue;
    await run('ip', ['link', 'delete', 'dev', name, 'type', 'veth']).catch(() => {});
  }
};
