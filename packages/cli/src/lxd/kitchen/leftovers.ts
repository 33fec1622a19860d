/** What killed runs and deleted project folders left: found by the keys on the instances, and removed. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { processStartTime } from '../../processes.ts';
import { removeInstance } from '../launch.ts';
import { madeByKitchen, type Context } from './context.ts';
import { decideLeftovers, decideOrphans } from './owner.ts';

/** Removes them, and tells their names. */
export const removeLeftovers = async ({ lxd, owner, subject, name }: Context): Promise<readonly string[]> => {
  const made = (await madeByKitchen(lxd)).map((each) => ({ name: each.name, ...each.made }));
  const leftovers = decideLeftovers(made, owner, new Set([name, ...namesInState(subject.root)]), lives);
  const all = [...new Set([...leftovers, ...decideOrphans(made, hostname(), existsSync)])];
  for (const each of all) await removeInstance(lxd, each);
  return all;
};

const namesInState = (root: string): readonly string[] => {
  const folder = join(root, '.kitchen');
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yml'))
    .flatMap((file) => /^container_name: ['"]?([\w-]+)/m.exec(readFileSync(join(folder, file), 'utf8'))?.[1] ?? []);
};

/** Whether the run that has the process id is still there: one that was killed and not yet waited for is not. */
export const lives = (run: number): boolean => {
  try {
    if (run > 0) process.kill(run, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  return run > 0 && processStartTime(run) !== undefined;
};
