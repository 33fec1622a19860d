/** Which vulnerability scanner the server runs: `--scanner`, else Trivy or Grype where one is on the PATH. */
import { resolve } from 'node:path';
import { findScanner, scannerProblem, type ScannerOptions } from '@oreno/server';
import { CommandFailure } from './failure.ts';

export interface ScannerCommandOptions {
  readonly scanner?: string;
  readonly scannerUpdates: boolean;
}

/** The scanner that the options mean; undefined where there is none. Throws a usage failure that tells what to do. */
export const chooseScanner = ({ scanner, scannerUpdates }: ScannerCommandOptions): ScannerOptions | undefined => {
  if (scanner === 'none') return undefined;
  const program = scanner === undefined ? findScanner(process.env['PATH'] ?? '') : resolve(scanner);
  if (program === undefined) return undefined;
  const problem = scannerProblem(program);
  if (problem !== undefined) {
    throw new CommandFailure(`--scanner ${scanner}: ${problem}. Give the path of Trivy or Grype, or none.`, 2);
  }
  return { program, mayUpdate: scannerUpdates };
};
