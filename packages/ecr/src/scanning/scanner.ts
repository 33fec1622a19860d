/**
 * The vulnerability scanner: Trivy or Grype by its command line. It is given an image as an OCI image layout, runs for a
 * limited time with a limited output, without the server's credentials in its environment, and without the network
 * unless it may fetch its own data. Both are told so by their environment variables, which older versions ignore.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { basename, delimiter, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { readGrype } from '../domain/scanning/read-grype.ts';
import { readTrivy } from '../domain/scanning/read-trivy.ts';
import type { ScanReport } from '../domain/scanning/findings.ts';

export interface ScannerOptions {
  /** The program's path: its name begins with `trivy` or `grype`. */
  readonly program: string;
  /** Whether it may use the network to bring its data up to date. */
  readonly mayUpdate: boolean;
}

export interface Scanner {
  readonly name: 'grype' | 'trivy';
  /** Scans the image of a layout folder. Throws {@link ScanFailure}, and UnreadableReport. */
  readonly scan: (layout: string, stop: AbortSignal) => Promise<ScanReport>;
}

/** Why there is no report, for a person. */
export class ScanFailure extends Error {}

const longestRun = 15 * 60_000;
const mostOutput = 256 * 1024 * 1024;
const mostWords = 4_096;

type Kind = Scanner['name'];
type Environment = Readonly<Record<string, string>>;

const kindOf = (program: string): Kind | undefined =>
  (['trivy', 'grype'] as const).find((kind) => basename(program).startsWith(kind));

const isProgram = (path: string): boolean => {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
};

/** The path of Trivy or else Grype in the folders of a PATH; undefined where neither is. */
export const findScanner = (path: string): string | undefined =>
  ['trivy', 'grype']
    .flatMap((name) => path.split(delimiter).map((folder) => join(folder, name)))
    .find((file) => isProgram(file));

/** Why the path can be no scanner; undefined for one that can. */
export const scannerProblem = (program: string): string | undefined => {
  if (kindOf(program) === undefined) return 'its name must begin with trivy or grype';
  return isProgram(program) ? undefined : 'it is not a program that can be run';
};

/** What is passed on of this process's environment: nothing that opens the registry or an AWS account. */
const isPassedOn = (name: string): boolean =>
  /^(PATH|HOME|TMPDIR|LANG|XDG_.*|TRIVY_.*|GRYPE_.*|SSL_CERT_.*|(HTTPS?|NO|ALL)_PROXY)$/i.test(name);

const ownEnvironment = (): Environment =>
  Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => isPassedOn(entry[0])));

const stillEnvironment: { readonly [kind in Kind]: Environment } = {
  trivy: { TRIVY_SKIP_DB_UPDATE: 'true', TRIVY_SKIP_JAVA_DB_UPDATE: 'true', TRIVY_OFFLINE_SCAN: 'true' },
  grype: { GRYPE_DB_AUTO_UPDATE: 'false', GRYPE_DB_VALIDATE_AGE: 'false' },
};

const quietEnvironment: { readonly [kind in Kind]: Environment } = {
  trivy: {
    TRIVY_SCANNERS: 'vuln',
    TRIVY_LIST_ALL_PKGS: 'false',
    TRIVY_NO_PROGRESS: 'true',
    TRIVY_SKIP_VERSION_CHECK: 'true',
    TRIVY_DISABLE_TELEMETRY: 'true',
  },
  grype: { GRYPE_CHECK_FOR_APP_UPDATE: 'false' },
};

/** The last line that says something, without the control characters of a terminal. */
const lastWords = (text: string): string =>
  stripVTControlCharacters(text)
    .split('\n')
    .map((line) => line.replace(/\p{Cc}+/gu, ' ').trim())
    .findLast((line) => line !== '')
    ?.slice(0, 500) ?? 'it said nothing';

/** Runs the program and answers what it printed. */
const run = (
  { program, mayUpdate }: ScannerOptions,
  kind: Kind,
  args: readonly string[],
  stop: AbortSignal,
): Promise<string> =>
  new Promise((resolve, reject) => {
    const env = { ...ownEnvironment(), ...quietEnvironment[kind], ...(mayUpdate ? {} : stillEnvironment[kind]) };
    // A group of its own: what it starts ends with it.
    const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    const output: Buffer[] = [];
    let size = 0;
    let words = '';
    let reason: string | undefined;
    const end = (why: string): void => {
      reason ??= why;
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has ended already.
      }
    };
    const onStop = (): void => end('the server stopped');
    const timer = setTimeout(() => end(`it took longer than ${longestRun / 60_000} minutes`), longestRun);
    stop.addEventListener('abort', onStop, { once: true });
    if (stop.aborted) onStop();
    child.stdout.on('data', (chunk: Buffer) => {
      size += chunk.byteLength;
      if (size > mostOutput) end(`its report is larger than ${mostOutput / 1024 / 1024} MiB`);
      else output.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      words = (words + chunk.toString()).slice(-mostWords);
    });
    child.once('error', (error) => end(error.message));
    child.once('close', (code) => {
      clearTimeout(timer);
      stop.removeEventListener('abort', onStop);
      const problem = reason ?? (code === 0 ? undefined : `it ended with ${code}: ${lastWords(words)}`);
      if (problem === undefined) resolve(Buffer.concat(output).toString('utf8'));
      else reject(new ScanFailure(`The scanner ${kind} did not scan the image: ${problem}`));
    });
  });

/** The scanner behind a path that {@link scannerProblem} has nothing against. */
export const openScanner = (options: ScannerOptions): Scanner => {
  const name = kindOf(options.program);
  if (name === undefined) throw new Error(`${options.program} is no scanner`);
  if (name === 'grype') {
    return {
      name,
      scan: async (layout, stop) => readGrype(await run(options, name, [`oci-dir:${layout}`, '-o', 'json'], stop)),
    };
  }
  return {
    name,
    scan: async (layout, stop) => {
      const report = await run(options, name, ['image', '--input', layout, '--format', 'json'], stop);
      // Only for the date of its data: a scan without it is a scan.
      const version = await run(options, name, ['version', '--format', 'json'], stop).catch(() => undefined);
      return readTrivy(report, version);
    },
  };
};
