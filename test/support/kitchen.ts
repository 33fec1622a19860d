/** The real Test Kitchen on a real LXD: a project folder, and the `kitchen` command. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { TestLxd } from './lxd.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

export interface KitchenRun {
  readonly code: number;
  /** Both streams. */
  readonly output: string;
}

export interface KitchenProject {
  readonly folder: string;
  /** Runs `kitchen` to its end. */
  kitchen(...words: readonly string[]): Promise<KitchenRun>;
  /** Starts `kitchen` in the background. */
  start(...words: readonly string[]): ChildProcess;
  write(file: string, content: string): Promise<void>;
  remove(): Promise<void>;
}

/** Brings the gems, once. Rejects where RubyGems cannot be reached. */
export const installKitchen = async (): Promise<string> =>
  (await run(join(root, 'kitchen-lxd/test/gems'))).stdout.trim();

/** What a Ruby with Test Kitchen and the gem needs. */
export const kitchenEnvironment = (gems: string): NodeJS.ProcessEnv => ({
  ...process.env,
  GEM_HOME: gems,
  RUBYLIB: join(root, 'kitchen-lxd/lib'),
  // Test Kitchen 4.1 leaves this out, and Debian's Ruby does not bring it by itself.
  RUBYOPT: '-rtime',
});

/** A project with the given files. */
export const kitchenProject = async (
  world: TestLxd,
  gems: string,
  files: Readonly<Record<string, string>>,
): Promise<KitchenProject> => {
  const folder = await mkdtemp(join(tmpdir(), 'oreno-kitchen-'));
  const write = async (file: string, content: string): Promise<void> => {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), content, { mode: 0o755 });
  };
  for (const [file, content] of Object.entries(files)) await write(file, content);
  // Where a run that is killed leaves its sandbox.
  const temporary = join(folder, '.tmp');
  await mkdir(temporary);
  const start = (...words: readonly string[]): ChildProcess =>
    spawn(join(gems, 'bin/kitchen'), words, {
      cwd: folder,
      env: { ...kitchenEnvironment(gems), LXD_DIR: world.folder, TMPDIR: temporary },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const kitchen = (...words: readonly string[]): Promise<KitchenRun> =>
    new Promise((resolve, reject) => {
      const child = start(...words);
      let output = '';
      for (const stream of [child.stdout, child.stderr])
        stream?.on('data', (chunk: Buffer) => (output += String(chunk)));
      child.once('error', reject);
      child.once('close', (code) => resolve({ code: code ?? -1, output }));
    });
  return { folder, kitchen, start, write, remove: () => rm(folder, { recursive: true, force: true }) };
};
