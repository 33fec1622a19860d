/**
 * Log lines: one readable line each on a terminal, JSON otherwise. Levels below info are left out unless
 * ORENO_LOG_LEVEL asks for them.
 */
import type { Log } from '@oreno/aws-wire';
import { pino, type Logger } from 'pino';

export type LogFormat = 'human' | 'json';

const colours = { debug: 90, info: 36, warn: 33, error: 31 } as const;

/** Makes the log of a long-running command, on standard error. */
export const openLog = (format: LogFormat | undefined): Log => {
  const level = process.env['ORENO_LOG_LEVEL'] ?? 'info';
  if ((format ?? (process.stderr.isTTY ? 'human' : 'json')) === 'human') return humanLog(level === 'debug');
  const logger: Logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2));
  return (level, message, fields) => logger[level](fields ?? {}, message);
};

const humanLog =
  (debug: boolean): Log =>
  (level, message, fields = {}) => {
    if (level === 'debug' && !debug) return;
    const time = new Date().toISOString().slice(11, 23);
    const details = Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
      .join(' ');
    const tag = process.stderr.isTTY ? `\u001b[${colours[level]}m${level.padEnd(5)}\u001b[0m` : level.padEnd(5);
    process.stderr.write(`${time} ${tag} ${message}${details === '' ? '' : `  ${details}`}\n`);
  };
