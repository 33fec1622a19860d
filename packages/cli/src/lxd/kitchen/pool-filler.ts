/**
 * Filling the pool behind a run: by a process of its own, which neither Test Kitchen nor whoever reads its output waits
 * for. What goes wrong there is written to a log of the project's folder.
 */
import { spawn } from 'node:child_process';
import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { connections, readContext } from './context.ts';
import { fillPool } from './pool.ts';
import { map, need, type Raw } from './values.ts';

/** Where a filler tells what went wrong, below the folder with kitchen.yml. */
export const poolLog = '.kitchen/logs/lxd-pool.log';

/** Starts fillers, one at a time for a platform: one that is at work sees what is taken meanwhile. */
export const poolFillers = () => {
  const working = new Set<string>();
  return (params: Raw): void => {
    const place = JSON.stringify([need(params, 'root'), need(params, 'platform'), map(params, 'config')]);
    if (working.has(place)) return;
    const [node = process.execPath, program = ''] = process.argv;
    const child = spawn(node, [...process.execArgv, program, 'lxd', 'fill-pool'], {
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    working.add(place);
    child.once('exit', () => working.delete(place));
    child.once('error', () => working.delete(place));
    child.stdin.on('error', () => {}).end(JSON.stringify(params));
    child.unref();
  };
};

/** The filler's own work, on the request of the `create` that it fills up behind. */
export const fill = async (params: Raw): Promise<void> => {
  const controller = new AbortController();
  process.once('SIGTERM', () => controller.abort()).once('SIGINT', () => controller.abort());
  const { to, close } = connections();
  try {
    const context = await readContext(params, { signal: controller.signal, emit: async () => {} }, to);
    await fillPool(context);
  } catch (error) {
    if (controller.signal.aborted) return;
    const file = join(need(params, 'root'), poolLog);
    mkdirSync(dirname(file), { recursive: true });
    appendFileSync(file, `${new Date().toISOString()} ${need(params, 'platform')}: ${(error as Error).message}\n`);
    process.exitCode = 1;
  } finally {
    await close();
  }
};
