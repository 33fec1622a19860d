/**
 * The audit trail: who called what, and what became of it, one JSON line a call, in files of the data folder that only
 * its owner can read. Calls that only look are left out, and so is the steady stream that agents and drivers send. A
 * full file is set aside; the oldest of five goes. The lines come from the access log, so there is one place that
 * describes a call; they hold no secret, since that has none.
 */
import { closeSync, existsSync, fstatSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '@oreno/aws-wire';

const fullAt = 32 * 1024 * 1024;
const kept = 5;

/** The files of a trail in a server's data folder, oldest first, whether they are there or not. */
export const auditFiles = (dataDir: string): readonly string[] =>
  Array.from({ length: kept }, (_, place) => {
    const age = kept - 1 - place;
    return join(dataDir, 'audit', age === 0 ? 'audit.ndjson' : `audit.${age}.ndjson`);
  });

/** True for calls that change something, and for those that were refused. */
export const isAudited = (fields: Readonly<Record<string, unknown>>): boolean => {
  const operation = typeof fields['operation'] === 'string' ? fields['operation'] : '';
  if (/^(Submit|PutLogEvents$|PutMetricData$|DiscoverPollEndpoint$)/.test(operation)) return false;
  return !/^(Describe|List|Get|BatchGet|BatchCheck|Filter)/.test(operation) || fields['error'] !== undefined;
};

export interface AuditTrail {
  /** A log that passes everything on, and notes the calls among it. */
  readonly log: Log;
  close(): void;
}

/** Opens the trail in the server's data folder. What cannot be written is told once, and serving goes on. */
export const openAuditTrail = (dataDir: string, now: () => number, log: Log): AuditTrail => {
  const files = auditFiles(dataDir);
  const newest = files.at(-1) ?? '';
  mkdirSync(join(dataDir, 'audit'), { recursive: true, mode: 0o700 });
  let file = openSync(newest, 'a', 0o600);
  let size = fstatSync(file).size;
  let failed = false;

  const turnOver = (): void => {
    closeSync(file);
    files.forEach((name, place) => {
      const older = files[place - 1];
      if (older !== undefined && existsSync(name)) renameSync(name, older);
    });
    file = openSync(newest, 'a', 0o600);
    size = 0;
  };

  const note = (fields: Readonly<Record<string, unknown>>): void => {
    try {
      if (size >= fullAt) turnOver();
      size += writeSync(file, `${JSON.stringify({ time: new Date(now()).toISOString(), ...fields })}\n`);
      failed = false;
    } catch (error) {
      if (!failed) log('error', 'the audit trail cannot be written', { file: newest, error: String(error) });
      failed = true;
    }
  };

  return {
    log: (level, message, fields) => {
      log(level, message, fields);
      if (message === 'request' && fields !== undefined && isAudited(fields)) note(fields);
    },
    close: () => closeSync(file),
  };
};
