/** Options that several commands share, so that they read the same everywhere. */
import { InvalidArgumentError, Option } from 'commander';

/** Reads a TCP port. Throws commander's usage error for anything that is none. */
export const parsePort = (text: string): number => {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw new InvalidArgumentError('a port is a number from 0 to 65535.');
  return port;
};

export const portOption = (): Option =>
  new Option('--port <number>', 'port of every service, on loopback (default: 4566)').argParser(parsePort);

export const dataDirOption = (): Option =>
  new Option(
    '--data-dir <folder>',
    'where everything is kept (default: $XDG_DATA_HOME/oreno, else ~/.local/share/oreno)',
  ).env('ORENO_DATA_DIR');

/** Reads one `name=value` of an option that may be given several times. Throws commander's usage error otherwise. */
export const collectPair = (text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> => {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('write it as name=value.');
  return { ...before, [text.slice(0, at)]: text.slice(at + 1) };
};

export const logFormatOption = (): Option =>
  new Option('--log-format <format>', 'how log lines look (default: human on a terminal, else json)').choices([
    'human',
    'json',
  ]);

export const scannerOption = (): Option =>
  new Option(
    '--scanner <path>',
    'Trivy or Grype, which images are scanned with, or none (default: the one on the PATH)',
  ).env('ORENO_SCANNER');
