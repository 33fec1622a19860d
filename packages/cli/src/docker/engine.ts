/** The Docker Engine of this machine: whether it answers, and what to do where it does not. */
import { openEngine } from '@oreno/engine';
import { CommandFailure } from '../failure.ts';
import { findDockerd, installDocker, isDebianLike, startDocker } from './install.ts';

const defaultSocket = 'unix:///var/run/docker.sock';

/** True when an engine answers at the address within two seconds. */
export const engineAnswers = async (host: string): Promise<boolean> => {
  const engine = openEngine({ socket: host });
  try {
    await engine.ping({ timeoutMs: 2_000 });
    return true;
  } catch {
    return false;
  } finally {
    engine.close();
  }
};

/** What {@link ensureEngine} may do, and whom it tells. */
export interface EnsureOptions {
  readonly host: string;
  readonly install: boolean;
  /** Folder for the daemon's log where oreno starts it. */
  readonly folder: string;
  readonly tell: (text: string) => void;
}

/** Returns once an engine answers: at once, or after installing and starting it where that was asked for. */
export const ensureEngine = async ({ host, install, folder, tell }: EnsureOptions): Promise<void> => {
  if (await engineAnswers(host)) return;
  if (!install) throw noEngine(host);
  if (host !== defaultSocket) {
    throw new CommandFailure(`no Docker Engine answers at ${host}, and --install-docker only knows ${defaultSocket}.`);
  }
  if (findDockerd() === undefined) await installDocker(tell);
  tell('starting the Docker Engine');
  await startDocker(folder, () => engineAnswers(host));
};

const noEngine = (host: string): CommandFailure => {
  const remedy =
    findDockerd() === undefined
      ? isDebianLike()
        ? 'Install it with: ./oreno up --install-docker (as root)'
        : 'Install Docker Engine by your system’s own means.'
      : 'It is installed: start it (systemctl start docker), or let oreno do it: ./oreno up --install-docker';
  return new CommandFailure(`no Docker Engine answers at ${host}. ${remedy}`);
};
