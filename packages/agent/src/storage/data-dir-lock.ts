/**
 * Keeps a second agent out of a data folder: a file that names the process that has it. A process number that was
 * given to another process since does not count: the start time of the process is compared too.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Takes the folder, or throws when a live process has it. Resolves with the function that gives it back. */
export async function lockDataDir(dataDir: string): Promise<() => Promise<void>> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const file = join(dataDir, 'agent.pid');
  const mine = `${process.pid} ${await startTimeOf(process.pid)}\n`;
  for (let attempt = 0; ; attempt += 1) {
    try {
      await writeFile(file, mine, { flag: 'wx', mode: 0o600 });
      return () => rm(file, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || attempt === 3) throw error;
    }
    const [pid = '', startTime = ''] = (await readFile(file, 'utf8').catch(() => '')).trim().split(' ');
    if (Number(pid) > 0 && startTime !== '' && (await startTimeOf(Number(pid))) === startTime)
      throw new Error(`the data folder ${dataDir} is in use by the agent with process number ${pid}`);
    await rm(file, { force: true });
  }
}

/** Clock ticks since boot at which a process started; a dash where there is none that lives, or no /proc. */
async function startTimeOf(pid: number): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // One that was killed and not yet waited for holds nothing any more.
  return fields[0] === 'Z' ? '-' : (fields[19] ?? '-');
}
