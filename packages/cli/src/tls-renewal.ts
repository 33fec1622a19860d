/**
 * Certificates that are renewed while the server runs: a changed file of one's own is taken as it is found, and what the
 * private CA signed is made anew when it is about to end. What cannot be served with is told once; the one before stays.
 */
import { resolve } from 'node:path';
import type { Log } from '@oreno/aws-wire';
import type { DataDir } from './data-dir.ts';
import { CommandFailure } from './failure.ts';
import { openTls, type ServerTls, type TlsOptions } from './tls.ts';

export interface Renewal {
  readonly options: TlsOptions;
  readonly dataDir: DataDir;
  readonly hosts: readonly string[];
  /** What the server serves with now. */
  readonly current: ServerTls | undefined;
  /** Has the server serve new connections with it. */
  readonly renew: (tls: ServerTls) => void;
  readonly log: Log;
}

const lookEvery = 30_000;

const absolute = ({ tlsCert, tlsKey, ...others }: TlsOptions): TlsOptions => ({
  ...others,
  ...(tlsCert === undefined ? {} : { tlsCert: resolve(tlsCert) }),
  ...(tlsKey === undefined ? {} : { tlsKey: resolve(tlsKey) }),
});

/** Looks for renewed certificates from now on, every `every` milliseconds; answers how to end that. */
export const keepTlsCurrent = (renewal: Renewal, every: number = lookEvery): (() => void) => {
  const { dataDir, hosts, renew, log } = renewal;
  let { current } = renewal;
  if (current === undefined) return () => undefined;
  // Relative names are of the folder that the command was given in, which the process may leave.
  const options = absolute(renewal.options);
  let told: string | undefined;
  const look = (): void => {
    try {
      const found = openTls(options, dataDir, hosts);
      told = undefined;
      if (found === undefined || (found.cert === current?.cert && found.key === current.key)) return;
      renew(found);
      current = found;
      log('info', 'the certificate was renewed: new connections are served with it');
    } catch (error) {
      const message = error instanceof CommandFailure ? error.message : String(error);
      // Files that are being written do not fit for a moment.
      if (message !== told) log('warn', 'a renewed certificate is not taken yet', { error: message });
      told = message;
    }
  };
  const timer = setInterval(look, every);
  timer.unref();
  return () => clearInterval(timer);
};
