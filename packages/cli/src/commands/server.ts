/** `oreno server`: the server alone. It needs no Docker, and ends cleanly on SIGTERM and SIGINT. */
import { CannotStart, startServer } from '@oreno/server';
import { openDataDir, removeNote, writeNote } from '../data-dir.ts';
import { foreseen } from '../failure.ts';
import { openLog, type LogFormat } from '../log.ts';
import { ownStartTime } from '../processes.ts';
import { checkAccount, checkRegion, defaults, parseListen, requireSupported } from '../settings.ts';
import { hostsOf, openTls, type TlsOptions } from '../tls.ts';
import { trustAdvice } from '../trust-advice.ts';
import { trustCa } from '../trust-ca.ts';
import { chooseScanner, type ScannerCommandOptions } from '../scanner.ts';
import { keepTlsCurrent } from '../tls-renewal.ts';
import { rootFromEnvironment } from '../root-key.ts';
import { untilToldToStop } from '../signals.ts';

export interface ServerCommandOptions extends TlsOptions, ScannerCommandOptions {
  readonly listen: string;
  readonly dataDir?: string;
  readonly store?: string;
  readonly blobs?: string;
  readonly registryHost?: string;
  readonly amazonImages: boolean;
  readonly account?: string;
  readonly region?: string;
  readonly logFormat?: LogFormat;
}

export const server = async (options: ServerCommandOptions): Promise<void> => {
  requireSupported(options);
  const dataDir = openDataDir(options.dataDir);
  const log = openLog(options.logFormat);
  const account = checkAccount(options.account ?? defaults.account);
  const region = checkRegion(options.region ?? defaults.region);
  const listen = parseListen(options.listen);
  const hosts = hostsOf(listen.host, options.registryHost, region);
  const tls = openTls(options, dataDir, hosts);
  trustCa(tls?.caFile);
  const running = await startServer({
    listen,
    tls,
    dataDir: dataDir.server,
    account,
    region,
    registryHost: options.registryHost,
    leavesAmazonNames: !options.amazonImages,
    scanner: chooseScanner(options),
    root: rootFromEnvironment(),
    cluster: defaults.cluster,
    log,
  }).catch(foreseen(CannotStart));
  try {
    const startTime = ownStartTime();
    writeNote(dataDir, { pid: process.pid, startTime, origin: running.origin, account, region, caFile: tls?.caFile });
    // Its output is a log; the advice is for whoever sits before it.
    if (tls?.caFile !== undefined) process.stdout.write(trustAdvice(tls.caFile, running.origin));
    keepTlsCurrent({ options, dataDir, hosts, current: tls, renew: running.renewTls, log });
    const signal = await untilToldToStop();
    log('info', 'stopping', { signal });
  } finally {
    await running.stop();
  }
  removeNote(dataDir);
};
