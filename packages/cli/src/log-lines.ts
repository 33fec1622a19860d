/**
 * Where log lines go: written together up to so many bytes, and after so many milliseconds, since a busy server has
 * thousands. A log that cannot be written, on a full disk say, must not stop who logs: what does not fit is given up, and
 * the next line that fits says so.
 */
import { writeSync } from 'node:fs';

export interface LogLines {
  /** Takes a line, with its end. */
  readonly write: (line: string) => void;
  /** Writes what waits. */
  readonly flush: () => void;
  /** The same before the end of the process: waits a little for a slow reader. */
  readonly end: () => void;
}

const writtenTogether = 4_096;
const waitAtMost = 100;

/** What waits for a slow reader, in bytes; more is given up. */
const begunAtMost = 1 << 20;

/** Tries at the end, and the milliseconds between two. */
const lastTries = 20;
const lastPause = 10;

const newline = 10;

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : String(error);

/**
 * Lines to a descriptor. `lossLine` words what stands in the place of lines that could not be written, for the code of the
 * system's error. `write` writes bytes and answers how many.
 */
export const openLogLines = (
  fd: number,
  lossLine: (code: string) => string,
  write: (bytes: Uint8Array) => number = (bytes) => writeSync(fd, bytes),
): LogLines => {
  let lines: string[] = [];
  let size = 0;
  /** Taken from the lines, and not written yet: its beginning may be. */
  let begun: Uint8Array = Buffer.alloc(0);
  /** Why there is a gap behind what was written, and whether that ends within a line. */
  let lost: string | undefined;
  let isTorn = false;
  let later: NodeJS.Timeout | undefined;

  const wait = (): void => {
    later ??= setTimeout(flush, waitAtMost).unref();
  };
  const flush = (): void => {
    clearTimeout(later);
    later = undefined;
    const before = lost === undefined ? '' : `${isTorn ? '\n' : ''}${lossLine(lost)}`;
    begun = Buffer.concat([begun, Buffer.from(lines.length === 0 ? '' : before + lines.join(''))]);
    if (lines.length > 0) lost = undefined;
    lines = [];
    size = 0;
    try {
      while (begun.byteLength > 0) {
        const written = write(begun);
        if (written > 0) isTorn = begun[written - 1] !== newline;
        begun = begun.subarray(written);
      }
    } catch (error) {
      const code = codeOf(error);
      if (code === 'EAGAIN' && begun.byteLength <= begunAtMost) return wait();
      begun = Buffer.alloc(0);
      lost = code;
    }
  };
  return {
    write: (line) => {
      lines.push(line);
      size += line.length;
      if (size >= writtenTogether) flush();
      else wait();
    },
    flush,
    end: () => {
      flush();
      for (let tries = 0; tries < lastTries && begun.byteLength > 0; tries += 1) {
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, lastPause);
        flush();
      }
    },
  };
};
