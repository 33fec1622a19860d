/** What killed runs of a project folder left: found by the keys on the instances, and removed. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeInstance } from '../launch.ts';
import { madeByKitchen, type Context } from './context.ts';
import { decideLeftovers } from './owner.ts';

/** Removes them, and tells their names. */
export const removeLeftovers = async ({ lxd, owner, subject, name }: Context): Promise<readonly string[]> => {
  const made = (await madeByKitchen(lxd)).map((each) => ({ name: each.name, ...each.made }));
  const leftovers = decideLeftovers(made, owner, new Set([name, ...namesInState(subject.root)]), lives);
  for (const each of leftovers) await removeInstance(lxd, each);
  return leftovers;
};

const namesInState = (root: string): readonly string[] => {
  const folder = join(root, '.kitchen');
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yml'))
    .flatMap((file) => /^container_name: ['"]?([\w-]+)/m.exec(readFileSync(join(folder, file), 'utf8'))?.[1] ?? []);
};

/** Whether the run that has the process id is still there. */
export const lives = (run: number): boolean => {
  try {
    return run > 0 && process.kill(run, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};
