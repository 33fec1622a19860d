import { readFileSync } from 'node:fs';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { CommandFailure } from './failure.ts';

/** The text of a PEM file. Throws a usage failure that names the option it was given by. */
export const readPem = (option: string, file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CommandFailure(`${option} ${file} cannot be read: ${(error as Error).message}`, 2);
  }
};

/** Makes this process, and those that it starts, trust the CA of that file beside the ones they trust already. */
export const trustCa = (caFile: string | undefined): void => {
  if (caFile === undefined) return;
  setDefaultCACertificates([...getCACertificates('default'), readPem('the CA', caFile)]);
  process.env['NODE_EXTRA_CA_CERTS'] ??= caFile;
};
