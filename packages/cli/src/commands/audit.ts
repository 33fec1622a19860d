/** `oreno audit`: who changed what through this server, from the trail in its data folder. */
import { createReadStream, existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { auditFiles } from '@oreno/server';
import { openDataDir } from '../data-dir.ts';
import { CommandFailure } from '../failure.ts';

export interface AuditOptions {
  readonly since?: string;
  readonly json: boolean;
  readonly dataDir?: string;
}

const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

export const audit = async (options: AuditOptions): Promise<void> => {
  const since = sinceOf(options.since);
  // A closed pipe (head, less) is the reader's way of saying that it has enough.
  process.stdout.on('error', () => process.exit(0));
  for (const file of auditFiles(openDataDir(options.dataDir).server)) {
    if (!existsSync(file)) continue;
    for await (const line of createInterface({ input: createReadStream(file) })) {
      const shown = options.json ? line : readable(line);
      if (line.slice(9, 33) >= since) process.stdout.write(`${shown}\n`);
    }
  }
};

// The lines begin {"time":"2026-11-22T…Z": ISO times sort as texts.
const sinceOf = (text: string | undefined): string => {
  if (text === undefined) return '';
  const match = /^(\d+)([smhd])$/.exec(text);
  if (match === null) throw new CommandFailure(`--since ${text}: write 30m, 2h or 7d.`, 2);
  const unit = units[match[2] as keyof typeof units];
  return new Date(Date.now() - Number(match[1]) * unit).toISOString();
};

const readable = (line: string): string => {
  try {
    const { time, principal, service, operation, status, error, requestId } = JSON.parse(line) as Record<
      string,
      string
    >;
    const call = `${service}:${operation}`;
    return `${time}  ${(principal ?? 'nobody').padEnd(34)} ${call.padEnd(40)} ${status} ${error ?? ''} ${requestId}`;
  } catch {
    // The last line of a server that was killed in the middle of writing it.
    return line;
  }
};
