/** Processes of this machine, told apart by id and start time, so that a recycled id is never mistaken for ours. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** A text that changes when the process id is used by another process; undefined when there is no such process. */
export const processStartTime = (pid: number): string | undefined => {
  try {
    // Field 22 of /proc/<pid>/stat, counted behind the command name, which may hold spaces and brackets.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields[0] === 'Z' ? undefined : fields[19];
  } catch {
    return process.platform === 'linux' ? undefined : startTimeByPs(pid);
  }
};

const startTimeByPs = (pid: number): string | undefined => {
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
};

/** Waits until the process is gone; false when it still runs after the time (milliseconds). */
export const waitForEnd = async (pid: number, startTime: string, timeout: number): Promise<boolean> => {
  const deadline = Date.now() + timeout;
  while (processStartTime(pid) === startTime) {
    if (Date.now() >= deadline) return false;
    await sleep(50);
  }
  return true;
};

/** The start time of this very process. */
export const ownStartTime = (): string => processStartTime(process.pid) ?? '';
