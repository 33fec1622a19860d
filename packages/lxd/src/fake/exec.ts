/** Commands in a fake instance: a function of the test runs them, over the websockets that LXD gives. */
import { randomUUID } from 'node:crypto';
import { PassThrough, type Readable, type Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type { WebSocket } from 'ws';
import type { FakeOperations } from './operations.ts';
import type { FakeReply, Fields } from './reply.ts';

/** A command as the test's function sees it. */
export interface FakeCommand {
  readonly instance: string;
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly user: number;
  /** Whether it has a terminal: then all output goes to `stdout`. */
  readonly isInteractive: boolean;
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Calls back with the number of each signal that is sent. */
  onSignal(listener: (signal: number) => void): void;
  /** Calls back with each new size of the terminal. */
  onResize(listener: (size: { readonly width: number; readonly height: number }) => void): void;
}

/** Answers the exit code; 127 where there is no such program. The streams need not be ended. */
export type FakeExec = (command: FakeCommand) => number | Promise<number>;

const notRunnable = 127;

interface Session {
  readonly command: FakeCommand;
  readonly stdout: PassThrough;
  readonly stderr: PassThrough;
  readonly control: (text: string) => void;
}

const sessionOf = (instance: string, request: Fields): Session & { readonly stdin: PassThrough } => {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const signals: ((signal: number) => void)[] = [];
  const sizes: ((size: { readonly width: number; readonly height: number }) => void)[] = [];
  const command: FakeCommand = {
    instance,
    command: request['command'] as readonly string[],
    environment: (request['environment'] ?? {}) as Readonly<Record<string, string>>,
    cwd: (request['cwd'] ?? '/root') as string,
    user: (request['user'] ?? 0) as number,
    isInteractive: request['interactive'] === true,
    stdin,
    stdout,
    stderr,
    onSignal: (listener) => void signals.push(listener),
    onResize: (listener) => void sizes.push(listener),
  };
  const control = (text: string): void => {
    const message = JSON.parse(text) as { command: string; signal?: number; args?: { width: string; height: string } };
    const { signal, args } = message;
    if (message.command === 'signal' && signal !== undefined) for (const each of signals) each(signal);
    if (args !== undefined) for (const each of sizes) each({ width: Number(args.width), height: Number(args.height) });
  };
  return { command, stdin, stdout, stderr, control };
};

/** What comes in: bytes in binary frames, its end as a text frame. */
const receive = (socket: WebSocket, stdin: PassThrough): void => {
  socket.on('message', (data: Buffer, isBinary) => {
    if (isBinary) stdin.write(data);
    else stdin.end();
  });
  socket.on('close', () => stdin.end());
  socket.on('error', () => {});
};

/** What goes out, and the empty text frame behind it. Resolves when it is sent, or nobody is there. */
const send = async (socket: WebSocket, output: Readable): Promise<void> => {
  for await (const chunk of output) socket.send(chunk as Buffer);
  await new Promise((resolve) => socket.send('', { binary: false }, resolve));
};

const run = async (exec: FakeExec, { command, stdout, stderr }: Session): Promise<Fields> => {
  const code = await exec(command);
  stdout.end();
  stderr.end();
  if (code !== notRunnable) return { return: code };
  throw Object.assign(new Error('Command not found'), { metadata: { return: notRunnable } });
};

/** Begins a command; `keep` takes recorded output and answers the path that it is read at. */
export const beginExec = (
  operations: FakeOperations,
  exec: FakeExec,
  { instance, request, keep }: { instance: string; request: Fields; keep: (name: string, bytes: Buffer) => string },
): FakeReply => {
  const session = sessionOf(instance, request);
  const description = 'Executing command';
  const resources = { instances: [`/1.0/instances/${instance}`], containers: [`/1.0/instances/${instance}`] };
  if (request['wait-for-websocket'] !== true) {
    return operations.begin({ description, resources }, async () => {
      session.stdin.end();
      const outputs = Promise.all([buffer(session.stdout), buffer(session.stderr)]);
      const result = await run(exec, session);
      if (request['record-output'] !== true) return result;
      const [out, error] = await outputs;
      const name = `exec_${randomUUID()}`;
      return { ...result, output: { 1: keep(`${name}.stdout`, out), 2: keep(`${name}.stderr`, error) } };
    });
  }
  const isInteractive = session.command.isInteractive;
  const names = isInteractive ? ['0', 'control'] : ['0', '1', '2', 'control'];
  const fds = Object.fromEntries(names.map((name) => [name, randomUUID()]));
  const connected = new Map<string, WebSocket>();
  const all = Promise.withResolvers<void>();
  const connect = (name: string) => (socket: WebSocket) => {
    connected.set(name, socket);
    if (name === '0') receive(socket, session.stdin);
    else socket.on('error', () => {});
    if (name === 'control') socket.on('message', (data: Buffer) => session.control(data.toString()));
    if (names.every((each) => connected.has(each))) all.resolve();
  };
  const sockets = Object.fromEntries(names.map((name) => [fds[name] ?? '', connect(name)]));
  return operations.begin({ description, resources, class: 'websocket', metadata: { fds }, sockets }, async () => {
    await all.promise;
    const socket = (name: string) => connected.get(name) as WebSocket;
    const sent = isInteractive
      ? [send(socket('0'), session.stdout)]
      : [send(socket('1'), session.stdout), send(socket('2'), session.stderr)];
    try {
      return await run(exec, session);
    } finally {
      await Promise.allSettled(sent);
      for (const each of connected.values()) each.close();
    }
  });
};
