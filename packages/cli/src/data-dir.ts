/**
 * The data folder: where each thing lies in it, and the note that a running `oreno up` or `oreno server` leaves
 * there so that the other commands find it. Everything in it is readable by its owner alone.
 */
import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { CommandFailure } from './failure.ts';
import { processStartTime } from './processes.ts';
import { trustCa } from './trust-ca.ts';

/** The paths inside a data folder. */
export interface DataDir {
  readonly root: string;
  readonly server: string;
  readonly agent: string;
  readonly docker: string;
  readonly note: string;
  readonly log: string;
  /** Names the container instance that `down --stop-tasks` drained. */
  readonly drained: string;
}

/** What a running server says of itself. Contains no secret: the root key lies in the server's own folder. */
export interface RunningNote {
  readonly pid: number;
  /** Tells this process from a later one with the same id; see {@link processStartTime}. */
  readonly startTime: string;
  readonly origin: string;
  /** The CA that signed the server's certificate, where it is oreno's own. */
  readonly caFile?: string | undefined;
  readonly account: string;
  readonly region: string;
  readonly cluster?: string | undefined;
  readonly containerInstanceArn?: string | undefined;
}

// Node's own recursive mkdir never returns where a parent cannot be made, as in /proc: one folder at a time does.
const makeFolder = (folder: string): void => {
  if (existsSync(folder)) return;
  makeFolder(dirname(folder));
  mkdirSync(folder, { mode: 0o700 });
};

/** Makes the folder if need be and answers its paths. `folder` is the option's value, if one was given. */
export const openDataDir = (folder: string | undefined): DataDir => {
  const root = resolve(folder ?? join(process.env['XDG_DATA_HOME'] || join(homedir(), '.local', 'share'), 'oreno'));
  try {
    makeFolder(root);
    chmodSync(root, 0o700);
  } catch (error) {
    throw new CommandFailure(
      `the data folder ${root} cannot be made: ${(error as Error).message}. Name another one with --data-dir.`,
    );
  }
  return {
    root,
    server: join(root, 'server'),
    agent: join(root, 'agent'),
    docker: join(root, 'docker'),
    note: join(root, 'running.json'),
    log: join(root, 'oreno.log'),
    drained: join(root, 'drained'),
  };
};

/** The note of the server that runs on this data folder, which is trusted from here on; undefined when none does. */
export const readNote = (dataDir: DataDir): RunningNote | undefined => {
  let note: RunningNote;
  try {
    note = JSON.parse(readFileSync(dataDir.note, 'utf8')) as RunningNote;
  } catch {
    return undefined;
  }
  if (processStartTime(note.pid) !== note.startTime) return undefined;
  trustCa(note.caFile);
  return note;
};

/** The note, or a failure that says how to get there. */
export const requireNote = (dataDir: DataDir): RunningNote => {
  const note = readNote(dataDir);
  if (note === undefined) {
    throw new CommandFailure(`nothing runs on ${dataDir.root}. Start it with: oreno up --detach`);
  }
  return note;
};

/** Leaves the note, whole or not at all: throws a CommandFailure where the disk is full or may not be written to. */
export const writeNote = (dataDir: DataDir, note: RunningNote): void => {
  const unfinished = `${dataDir.note}.new`;
  try {
    writeFileSync(unfinished, `${JSON.stringify(note, null, 2)}\n`, { mode: 0o600 });
    renameSync(unfinished, dataDir.note);
  } catch (error) {
    rmSync(unfinished, { force: true });
    const why = error instanceof Error ? error.message : String(error);
    throw new CommandFailure(
      `cannot write ${dataDir.note}: ${why}. Make room or give the right to write, then start again.`,
    );
  }
};

/** Takes the note away again. */
export const removeNote = (dataDir: DataDir): void => rmSync(dataDir.note, { force: true });
