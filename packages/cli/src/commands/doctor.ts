/** `oreno doctor`: looks for what is missing on this machine and names the command that mends it. */
import { accessSync, constants, statfsSync } from 'node:fs';
import { connect } from 'node:net';
import { spawnSync } from 'node:child_process';
import { openDataDir, readNote } from '../data-dir.ts';
import { engineAnswers } from '../docker/engine.ts';
import { findDockerd, hasSystemd, isDebianLike } from '../docker/install.ts';
import { defaults, dockerHost } from '../settings.ts';

/** One thing looked at. `need` separates what oreno cannot do without from what is merely handy. */
interface Finding {
  readonly what: string;
  readonly state: 'good' | 'missing' | 'handy';
  readonly detail: string;
  readonly remedy?: string | undefined;
}

export const doctor = async (options: { readonly dataDir?: string }): Promise<void> => {
  const dataDir = openDataDir(options.dataDir);
  const running = readNote(dataDir) !== undefined;
  const findings = [
    { what: 'Node.js', state: 'good', detail: process.version } as const,
    folder(dataDir.root),
    await engine(),
    iptables(),
    awsCli(),
    ...(running ? [] : [await port()]),
  ];
  for (const finding of findings) process.stdout.write(line(finding));
  process.stdout.write(
    running ? '\noreno runs; see: oreno status\n' : '\noreno does not run; start it with: oreno up --detach\n',
  );
  if (findings.some((finding) => finding.state === 'missing')) process.exitCode = 1;
};

const marks = { good: ['ok', 32], missing: ['MISSING', 31], handy: ['note', 33] } as const;

const line = ({ what, state, detail, remedy }: Finding): string => {
  const [mark, colour] = marks[state];
  const shown = mark.padEnd(7);
  const coloured = process.stdout.isTTY ? `\u001b[${colour}m${shown}\u001b[0m` : shown;
  return `${coloured}  ${what.padEnd(14)} ${detail}\n${remedy === undefined ? '' : `${' '.repeat(24)}mend it: ${remedy}\n`}`;
};

const folder = (root: string): Finding => {
  const what = 'data folder';
  try {
    accessSync(root, constants.W_OK);
  } catch {
    return { what, state: 'missing', detail: `${root} cannot be written`, remedy: `chown -R $(id -un) ${root}` };
  }
  const { bavail, bsize } = statfsSync(root);
  const gigabytes = (bavail * bsize) / 2 ** 30;
  const detail = `${root}, ${gigabytes.toFixed(1)} GiB free`;
  return gigabytes < 1
    ? { what, state: 'missing', detail, remedy: 'free some space, or use --data-dir on another disk' }
    : { what, state: 'good', detail };
};

const engine = async (): Promise<Finding> => {
  const what = 'Docker Engine';
  const host = dockerHost(undefined);
  if (await engineAnswers(host)) return { what, state: 'good', detail: `answers at ${host}` };
  if (findDockerd() !== undefined) {
    const remedy = hasSystemd() ? 'systemctl start docker' : './oreno up --install-docker --detach';
    return { what, state: 'missing', detail: `installed, but does not answer at ${host}`, remedy };
  }
  const remedy = isDebianLike()
    ? './oreno up --install-docker --detach'
    : 'install Docker Engine by your system’s own means';
  return { what, state: 'missing', detail: 'not installed (oreno server needs none, the agent does)', remedy };
};

const runs = (program: string, args: readonly string[]): string | undefined => {
  const result = spawnSync(program, args, {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin:/sbin` },
  });
  return result.status === 0 ? (result.stdout || result.stderr).trim().split('\n')[0] : undefined;
};

const iptables = (): Finding => {
  const what = 'iptables';
  const version = runs('iptables', ['--version']);
  if (version !== undefined && process.getuid?.() === 0) return { what, state: 'good', detail: version };
  const detail =
    version === undefined
      ? 'not installed: tasks cannot reach 169.254.170.2 (metadata and credentials)'
      : 'needs root: tasks cannot reach 169.254.170.2 (metadata and credentials)';
  return {
    what,
    state: 'handy',
    detail,
    remedy: version === undefined ? 'apt-get install iptables' : 'run the agent as root',
  };
};

const awsCli = (): Finding => {
  const version = runs('aws', ['--version']);
  return version === undefined
    ? { what: 'AWS CLI', state: 'handy', detail: 'not on the PATH', remedy: 'apt-get install awscli' }
    : { what: 'AWS CLI', state: 'good', detail: version };
};

const port = async (): Promise<Finding> => {
  const taken = await new Promise<boolean>((resolve) => {
    const socket = connect(defaults.port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
  return taken
    ? {
        what: 'port',
        state: 'missing',
        detail: `${defaults.port} is taken by another program`,
        remedy: './oreno up --port 4567',
      }
    : { what: 'port', state: 'good', detail: `${defaults.port} is free` };
};
