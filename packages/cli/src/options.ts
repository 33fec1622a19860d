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
