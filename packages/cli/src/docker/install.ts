/**
 * Brings Docker Engine to a machine that has none: from the distribution's own packages, with its own service
 * manager where there is one, else under a process of its own that goes on when oreno ends, since the containers do.
 */
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CommandFailure } from '../failure.ts';

/** True when a Docker Engine answers at the address within two seconds. */
export type Answers = () => Promise<boolean>;

const osRelease = (): string => {
  try {
    return readFileSync('/etc/os-release', 'utf8');
  } catch {
    return '';
  }
};

/** True where `--install-docker` can help: Debian, Ubuntu and what derives from them. */
export const isDebianLike = (): boolean => /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(osRelease());

/** True where systemd is the service manager and runs. */
export const hasSystemd = (): boolean => existsSync('/run/systemd/system');

/** The Docker daemon's program, where it is installed. */
export const findDockerd = (): string | undefined =>
  ['/usr/bin/dockerd', '/usr/sbin/dockerd', '/usr/local/bin/dockerd'].find((path) => existsSync(path));

/**
 * Installs the package `docker.io` (and iptables, which its networks need). Throws a failure with the package
 * manager's last lines when that does not work. Takes a minute or so; `tell` is called with what goes on.
 */
export const installDocker = async (tell: (text: string) => void): Promise<void> => {
  if (!isDebianLike()) {
    throw new CommandFailure(
      '--install-docker knows Debian and Ubuntu only. Install Docker Engine by your system’s own means, then run ./oreno up again.',
    );
  }
  if (process.getuid?.() !== 0) {
    throw new CommandFailure('--install-docker needs root: run it with sudo, or: sudo apt-get install docker.io');
  }
  tell('refreshing the package lists');
  await runQuietly('apt-get', ['update', '-qq']);
  tell('installing docker.io');
  await runQuietly('apt-get', [
    'install',
    '-y',
    '-qq',
    '--no-install-recommends',
    'docker.io',
    'iptables',
    'ca-certificates',
  ]);
};

const runQuietly = (program: string, args: readonly string[]): Promise<void> =>
  new Promise((resolve, reject) => {
    let output = '';
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    });
    const keep = (data: Buffer): void => {
      output = (output + data.toString()).slice(-2000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => reject(new CommandFailure(`${program} cannot be run: ${error.message}`)));
    child.on('close', (code) => {
      if (code === 0) resolve();
      else reject(new CommandFailure(`${program} ${args.join(' ')} ended with ${code}:\n${output.trim()}`));
    });
  });

/**
 * Starts the Docker daemon: through systemd where it runs, else as a process of its own session which outlives
 * oreno. Its log goes to `dockerd.log` in `folder`. Returns when it answers.
 */
export const startDocker = async (folder: string, answers: Answers): Promise<void> => {
  if (hasSystemd()) {
    const result = spawnSync('systemctl', ['start', 'docker'], { encoding: 'utf8' });
    if (result.status !== 0) throw new CommandFailure(`systemctl start docker failed: ${result.stderr.trim()}`);
  } else {
    spawnDockerd(folder);
  }
  const deadline = Date.now() + 60_000;
  while (!(await answers())) {
    if (Date.now() > deadline) {
      throw new CommandFailure(
        hasSystemd()
          ? 'the Docker daemon does not answer after 60 s. See: journalctl -u docker'
          : `the Docker daemon does not answer after 60 s. Its log is ${join(folder, 'dockerd.log')}`,
      );
    }
    await sleep(100);
  }
};

const spawnDockerd = (folder: string): void => {
  const program = findDockerd();
  if (program === undefined) {
    throw new CommandFailure('the program dockerd is not installed. Run: ./oreno up --install-docker');
  }
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const log = openSync(join(folder, 'dockerd.log'), 'a', 0o600);
  // live-restore: containers go on when the daemon is restarted.
  const child = spawn(program, ['--live-restore'], {
    detached: true,
    stdio: ['ignore', log, log],
    env: daemonEnvironment(),
  });
  child.on('error', () => {});
  child.unref();
  closeSync(log);
};

// The daemon needs PATH and HOME; a DOCKER_HOST or AWS key of the caller is none of its business.
const daemonEnvironment = (): NodeJS.ProcessEnv => ({
  PATH: `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/sbin:/sbin:/usr/bin:/bin`,
  HOME: process.env['HOME'] ?? '/root',
});
