/**
 * Log lines: one readable line each on a terminal, JSON otherwise. Levels below info are left out unless
 * ORENO_LOG_LEVEL asks for them.
 */
import type { Log } from '@oreno/aws-wire';
import { pino, type Logger } from 'pino';
import { openLogLines } from './log-lines.ts';

export type LogFormat = 'human' | 'json';

const colours = { debug: 90, info: 36, warn: 33, error: 31 } as const;

/** Makes the log of a long-running command, on standard error. */
export const openLog = (format: LogFormat | undefined): Log => {
  const level = process.env['ORENO_LOG_LEVEL'] ?? 'info';
  const isHuman = (format ?? (process.stderr.isTTY ? 'human' : 'json')) === 'human';
  const lines = openLogLines(process.stderr.fd, (code) => {
    const message = `lines are missing here: the log could not be written (${code})`;
    return isHuman
      ? `${message}\n`
      : `${JSON.stringify({ level: 40, time: new Date().toISOString(), msg: message })}\n`;
  });
  process.on('exit', lines.end);
  const log = isHuman ? humanLog(lines.write, level === 'debug') : jsonLog(lines.write, level);
  return (lineLevel, message, fields) => {
    log(lineLevel, message, fields);
    // What may be the last line before the end is not kept back, and neither is what somebody looks at.
    if (isHuman || lineLevel === 'warn' || lineLevel === 'error') lines.flush();
  };
};

const jsonLog = (write: (line: string) => void, level: string): Log => {
  const logger: Logger = pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, { write });
  return (lineLevel, message, fields) => logger[lineLevel](fields ?? {}, message);
};

const humanLog =
  (write: (line: string) => void, debug: boolean): Log =>
  (level, message, fields = {}) => {
    if (level === 'debug' && !debug) return;
    const time = new Date().toISOString().slice(11, 23);
    const details = Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`)
      .join(' ');
    const tag = process.stderr.isTTY ? `\u001b[${colours[level]}m${level.padEnd(5)}\u001b[0m` : level.padEnd(5);
    write(`${time} ${tag} ${message}${details === '' ? '' : `  ${details}`}\n`);
  };
