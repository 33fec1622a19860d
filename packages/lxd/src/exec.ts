/**
 * Commands in an instance over websockets (LXD documentation, "How to run commands in an instance"; the rules of the
 * sockets: the end of a stream is an empty text frame in either direction, a socket may end without a close frame, and
 * output is complete with the end of its own stream, not with the end of the operation).
 */
import { Duplex, PassThrough, type Readable, type Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { WebSocket } from 'ws';
import { type Client, part } from './client.ts';
import { ConnectionError, LxdError } from './errors.ts';
import { Operation, type OperationState } from './operation.ts';

export interface ExecOptions {
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** The folder to run in; the user's home when absent. */
  readonly cwd?: string | undefined;
  readonly user?: number | undefined;
  readonly group?: number | undefined;
  /** A terminal: one stream in, one out. */
  readonly terminal?: { readonly width: number; readonly height: number } | undefined;
  /** Ends the command with SIGKILL. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * A running command. With a terminal all output is in `stdout`; LXD 5.0 on a busy machine may not send what was written
 * to it just before the end.
 */
export interface ExecSession {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves with the exit code when the command has ended and all of its output was received. */
  readonly exitCode: Promise<number>;
  /** Sends a signal by its number. */
  kill(signal: number): void;
  /** Of a terminal. */
  resize(size: { readonly width: number; readonly height: number }): void;
}

interface Secrets {
  readonly fds: Readonly<Record<'0' | '1' | '2' | 'control', string | undefined>>;
}

const sigkill = 9;

/** Bytes in a binary frame, a text in a text frame. */
const sendOver = (socket: WebSocket, data: Buffer | ''): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.send(data, { binary: typeof data !== 'string' }, (error) => (error ? reject(error) : resolve()));
  });

const writableTo = (socket: WebSocket, opened: Promise<void>): Writable =>
  Duplex.from(async (source: AsyncIterable<Buffer | string>) => {
    await opened;
    // As bytes: a text frame would end the stream.
    for await (const chunk of source) await sendOver(socket, Buffer.from(chunk));
    // The command may be gone already, and then nobody misses the end.
    if (socket.readyState === socket.OPEN) await sendOver(socket, '');
  });

/** Reads a socket into a stream; resolves at its end, with the error that it broke off with, if any. */
const readInto = (socket: WebSocket, target: PassThrough): Promise<Error | undefined> =>
  new Promise((resolve) => {
    const end = (error?: Error): void => {
      if (!target.destroyed) target.end();
      // Who listens gets what came last before anybody is told of the end.
      setImmediate(resolve, error);
    };
    socket.on('message', (data: Buffer, isBinary) => {
      if (!isBinary && data.length === 0) {
        end();
        return;
      }
      if (target.destroyed || target.write(data)) return;
      socket.pause();
      target.once('drain', () => socket.resume());
    });
    target.once('close', () => {
      // Who destroyed the stream reads no more: the command gets EPIPE when it goes on writing, as in a pipe here.
      end();
      socket.resume();
      socket.close();
    });
    // How a socket is closed tells nothing; that its stream ended does the empty frame before it.
    socket.on('close', () => end(new Error('the connection ended before the output did')));
    socket.on('error', end);
  });

const opening = (socket: WebSocket): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', (error) => reject(new ConnectionError(error.message, { cause: error })));
    socket.once('close', () => reject(new ConnectionError('the connection was cut')));
  });

/** The error of a command that was lost sight of. */
const cutOff = (cause: Error, instance: string, [program = '']: readonly string[]): ConnectionError => {
  if (cause instanceof ConnectionError && cause.operation === 'exec') return cause;
  const hint =
    'How far it came is not known, and its output may not be whole. A server that still runs ends it; ' +
    'one that was killed leaves it running.';
  const details = { operation: 'exec', subject: instance, cause };
  const why = cause instanceof LxdError ? cause.summary : cause.message;
  return new ConnectionError(`the connection was cut while ${program} ran: ${why}`, details, hint);
};

/** Starts a command. Throws NotFoundError for an instance that is not there, LxdError for one that does not run. */
export const exec = async (
  client: Client,
  instance: string,
  command: readonly string[],
  options: ExecOptions = {},
): Promise<ExecSession> => {
  const { terminal, signal } = options;
  signal?.throwIfAborted();
  const operation = new Operation(client, {
    method: 'POST',
    path: `/instances/${part(instance)}/exec`,
    subject: instance,
    json: {
      command,
      environment: options.environment ?? {},
      'wait-for-websocket': true,
      interactive: terminal !== undefined,
      ...(terminal && { width: terminal.width, height: terminal.height }),
      ...(options.cwd !== undefined && { cwd: options.cwd }),
      ...(options.user !== undefined && { user: options.user }),
      ...(options.group !== undefined && { group: options.group }),
    },
  });
  const { id, metadata } = await operation.started;
  const { fds } = metadata as unknown as Secrets;
  const socketOf = (secret: string | undefined): WebSocket =>
    client.transport.operationSocket(id, secret ?? '', client.scope);

  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const control = socketOf(fds.control);
  const input = socketOf(fds[0]);
  const outputs =
    terminal === undefined
      ? ([
          [socketOf(fds[1]), stdout],
          [socketOf(fds[2]), stderr],
        ] as const)
      : ([[input, stdout]] as const);
  const opened = [control, input, ...(terminal === undefined ? outputs.map(([socket]) => socket) : [])].map(opening);
  for (const each of opened) each.catch(() => {});
  const [controlOpened, inputOpened] = opened as [Promise<void>, Promise<void>];
  const read = Promise.all(outputs.map(([socket, target]) => readInto(socket, target)));
  if (terminal !== undefined) {
    stderr.end();
    // With a terminal it is the client that ends the last socket, or the operation never does.
    void read.then(() => input.close());
  }

  const tell = (message: object): void =>
    void controlOpened.then(() => control.send(JSON.stringify(message), { binary: false })).catch(() => {});
  const kill = (number: number): void => tell({ command: 'signal', signal: number });
  const abort = (): void => kill(sigkill);
  // It may have been given up while the server was asked to begin.
  if (signal?.aborted === true) abort();
  signal?.addEventListener('abort', abort, { once: true });

  const finish = async (): Promise<number> => {
    try {
      // The server begins when all are there: without one of them it would wait for ever.
      const [state] = await Promise.all([ended(operation), ...opened]);
      const cut = (await read).find((error) => error !== undefined);
      signal?.throwIfAborted();
      if (cut !== undefined) throw cutOff(cut, instance, command);
      return exitCodeOf(state, instance, command);
    } catch (error) {
      signal?.throwIfAborted();
      throw error instanceof ConnectionError ? cutOff(error, instance, command) : error;
    } finally {
      signal?.removeEventListener('abort', abort);
      for (const socket of [control, input, ...outputs.map(([each]) => each)]) socket.close();
    }
  };
  const exitCode = finish();
  exitCode.catch(() => {});
  return {
    stdin: writableTo(input, inputOpened),
    stdout,
    stderr,
    exitCode,
    kill,
    resize: ({ width, height }) =>
      tell({ command: 'window-resize', args: { width: String(width), height: String(height) } }),
  };
};

const notRunnable = 127;

/** A program that is not there makes the operation fail, with the shell's exit code for it in its metadata. */
export const ended = async (operation: Operation): Promise<OperationState | LxdError> => {
  try {
    return await operation;
  } catch (error) {
    if (error instanceof LxdError && error.metadata?.['return'] === notRunnable) return error;
    throw error;
  }
};

/** The exit code in an operation's metadata. Throws an LxdError where there is none. */
export const exitCodeOf = (state: OperationState | LxdError, instance: string, command: readonly string[]): number => {
  if (state instanceof LxdError) return notRunnable;
  const code = state.metadata?.['return'];
  if (typeof code === 'number') return code;
  throw new LxdError('the server did not tell the exit code', { operation: command.join(' '), subject: instance });
};

export interface RunOptions extends ExecOptions {
  readonly input?: string | Uint8Array | undefined;
  /** An exit code other than 0 is an answer, not an error. */
  readonly anyExitCode?: boolean | undefined;
}

export interface RunResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command to its end and gives its output as text. Throws an LxdError with its last words when it fails. */
export const run = async (
  client: Client,
  instance: string,
  command: readonly string[],
  options: RunOptions = {},
): Promise<RunResult> => {
  const session = await exec(client, instance, command, options);
  session.stdin.on('error', () => {});
  session.stdin.end(options.input ?? '');
  const [out, error, exitCode] = await Promise.all([buffer(session.stdout), buffer(session.stderr), session.exitCode]);
  const result = { exitCode, stdout: out.toString(), stderr: error.toString() };
  if (exitCode === 0 || options.anyExitCode === true) return result;
  const words = (result.stderr || result.stdout).trim().slice(-500);
  throw new LxdError(`${command.join(' ')} ended with exit code ${exitCode}${words && `: ${words}`}`, {
    code: exitCode,
    subject: instance,
  });
};
