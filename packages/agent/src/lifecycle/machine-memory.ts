import { readFile } from 'node:fs/promises';
import type { EngineInfo } from '@oreno/engine';

/** Limits of the machine's own control group, by the names of cgroup v2 and v1. */
const limitFiles = ['/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes'];

const textOf = (file: string): Promise<string> => readFile(file, 'utf8').catch(() => '');

/**
 * Bytes of memory that the engine's containers share. In a system container (LXC, LXD) the kernel shows the host's
 * memory and so does Docker, unless lxcfs is mounted over it: there the control group's limit counts. Elsewhere the
 * agent's own control group says nothing about the machine.
 */
export const machineMemory = async (
  info: EngineInfo,
  read: (file: string) => Promise<string> = textOf,
): Promise<number> => {
  if ((await read('/run/systemd/container')).trim() !== 'lxc') return info.MemTotal;
  const limits = (await Promise.all(limitFiles.map(read))).filter((text) => /^\d+\s*$/.test(text)).map(Number);
  return Math.min(info.MemTotal, ...limits);
};
