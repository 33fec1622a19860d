/**
 * The vulnerability scanner: Trivy or Grype by its command line. It is given an image as an OCI image layout, runs for a
 * limited time with a limited output, without the server's credentials in its environment, in a folder of its own that
 * is also for its temporary files, and without the network unless it may fetch its own data. Both are told so by their environment
 * variables, which older versions ignore.
 */
import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { basename, delimiter, resolve } from 'node:path';
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

/** What a scan works on. */
export interface ScanFolders {
  /** The image, as an OCI image layout. */
  readonly layout: string;
  /** Where the scanner puts the layers that it unpacks: one that is killed does not remove them. */
  readonly temporary: string;
}

export interface Scanner {
  readonly name: 'grype' | 'trivy';
  /** Scans the image of a layout folder. Throws {@link ScanFailure}, UnreadableReport and UnsupportedImage. */
  readonly scan: (folders: ScanFolders, stop: AbortSignal) => Promise<ScanReport>;
}

/** Why there is no report, for a person. */
export class ScanFailure extends Error {}

const longestRun = 15 * 60_000;
const mostOutput = 256 * 1024 * 1024;
const mostWords = 4_096;
const mostLines = 3;

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
    .flatMap((name) => path.split(delimiter).map((folder) => resolve(folder, name)))
    .find((file) => isProgram(file));

/** Why the path can be no scanner; undefined for one that can. */
export const scannerProblem = (program: string): string | undefined => {
  if (kindOf(program) === undefined) return 'its name must begin with trivy or grype';
  return isProgram(program) ? undefined : 'it is not a program that can be run';
};

/** What is passed on of this process's environment: nothing that opens the registry or an AWS account. */
const isPassedOn = (name: string): boolean =>
  /^(PATH|HOME|LANG|XDG_.*|TRIVY_.*|GRYPE_.*|SSL_CERT_.*|(HTTPS?|NO|ALL)_PROXY)$/i.test(name);

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
    TRIVY_EXIT_CODE: '0',
  },
  grype: { GRYPE_CHECK_FOR_APP_UPDATE: 'false' },
};

/**
 * What holds where this process's environment says nothing else. Trivy's own cache of scans is one file, which another
 * Trivy of the same user locks: a scan would fail while one runs. Left alone, Trivy gives up after 5 minutes.
 */
const usualEnvironment: { readonly [kind in Kind]: Environment } = {
  trivy: { TRIVY_CACHE_BACKEND: 'memory', TRIVY_TIMEOUT: `${longestRun / 60_000}m` },
  grype: {},
};

/** The last lines that say something, without the control characters of a terminal: the last alone often tells no cause. */
const lastWords = (text: string): string =>
  stripVTControlCharacters(text)
    .split('\n')
    .map((line) => line.replace(/\p{Cc}+/gu, ' ').trim())
    .filter((line) => line !== '')
    .slice(-mostLines)
    .join(' | ')
    .slice(-500) || 'it said nothing';

/** Runs the program and answers what it printed. */
const run = (
  { program, mayUpdate }: ScannerOptions,
  kind: Kind,
  args: readonly string[],
  temporary: string,
  stop: AbortSignal,
): Promise<string> =>
  new Promise((settle, reject) => {
    const told = { ...quietEnvironment[kind], ...(mayUpdate ? {} : stillEnvironment[kind]), TMPDIR: temporary };
    const env = { ...usualEnvironment[kind], ...ownEnvironment(), ...told };
    // A group of its own: what it starts ends with it. A folder of its own: a list of findings to ignore in the folder
    // that the server happens to run in is not meant.
    const child = spawn(program, args, { env, cwd: temporary, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
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
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      stop.removeEventListener('abort', onStop);
      const problem = reason ?? (code === 0 ? undefined : `it ended with ${signal ?? code}: ${lastWords(words)}`);
      if (problem === undefined) settle(Buffer.concat(output).toString('utf8'));
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
      scan: async ({ layout, temporary }, stop) =>
        readGrype(await run(options, name, [`oci-dir:${layout}`, '-o', 'json'], temporary, stop)),
    };
  }
  return {
    name,
    scan: async ({ layout, temporary }, stop) => {
      const report = await run(options, name, ['image', '--input', layout, '--format', 'json'], temporary, stop);
      // Only for the date of its data: a scan without it is a scan.
      const version = await run(options, name, ['version', '--format', 'json'], temporary, stop).catch(() => undefined);
      return readTrivy(report, version);
    },
  };
};
