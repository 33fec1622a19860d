/**
 * The protocol of `oreno lxd bridge`: one process serves a whole run of another program over JSON lines on its standard
 * input and output, so that what it knows about LXD is written once and no command pays for a start.
 *
 * ```
 * ← {"hello":{"protocol":1,"version":"0.1.0","methods":["create",…]}}
 * → {"id":7,"method":"exec","params":{…}}
 * ← {"id":7,"event":"output","data":{"stream":"stdout","text":"hi\n"}}
 * ← {"id":7,"result":{"exitCode":0}}
 * → {"cancel":8}
 * ← {"id":8,"error":{"code":"cancelled","message":"…"}}
 * ```
 *
 * Requests run side by side; the events of one come in order and before its answer. Every request is answered exactly
 * once. The end of the input cancels what is in flight and ends the process: a caller that was killed leaves no half-made
 * thing. A line that is no request is answered with `"id":null`.
 */
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { BridgeError, type BridgeErrorBody } from './error.ts';

/** Raised with every change that an old caller would not understand. */
export const protocolVersion = 1;

/** What a method sees of the request that it serves. */
export interface Call {
  /** Aborts when the caller cancels, or is gone. */
  readonly signal: AbortSignal;
  /** Sends an event; resolves once the caller's side takes more, so that a fast sender waits for a slow reader. */
  emit(event: string, data: unknown): Promise<void>;
}

export type Method = (params: Readonly<Record<string, unknown>>, call: Call) => Promise<unknown>;

export interface BridgeOptions {
  readonly input: Readable;
  readonly output: Writable;
  readonly version: string;
  readonly methods: Readonly<Record<string, Method>>;
  /** What another part of the program foresaw, as an error with a code; undefined where it is a fault of our own. */
  readonly explain: (error: unknown) => BridgeErrorBody | undefined;
}

/** Serves until the input ends; resolves when the last request was answered. */
export const serveBridge = async (options: BridgeOptions): Promise<void> => {
  const { input, output, methods, version } = options;
  const calls = new Map<number, AbortController>();
  const running = new Set<Promise<void>>();
  const send = lineWriter(output);
  await send({ hello: { protocol: protocolVersion, version, methods: Object.keys(methods) } });

  const answer = async (id: number, method: string, params: Readonly<Record<string, unknown>>): Promise<void> => {
    const controller = new AbortController();
    calls.set(id, controller);
    try {
      const serve = methods[method];
      if (serve === undefined) throw unknownMethod(method, methods);
      const emit = (event: string, data: unknown) => send({ id, event, data });
      const result = await serve(params, { signal: controller.signal, emit });
      await send({ id, result: result ?? null });
    } catch (error) {
      await send({ id, error: describe(error, controller.signal, options.explain) });
    } finally {
      calls.delete(id);
    }
  };

  for await (const line of createInterface({ input, crlfDelay: Infinity })) {
    if (line.trim() === '') continue;
    const message = read(line);
    if ('cancel' in message) calls.get(message.cancel)?.abort();
    else if ('problem' in message)
      await send({ id: null, error: { code: 'invalid-request', message: message.problem } });
    else if (calls.has(message.id)) {
      const problem = `The id ${message.id} is in use by a request that is not answered yet.`;
      await send({ id: null, error: { code: 'invalid-request', message: problem } });
    } else {
      const work = answer(message.id, message.method, message.params);
      running.add(work);
      void work.finally(() => running.delete(work));
    }
  }
  for (const controller of calls.values()) controller.abort();
  await Promise.allSettled(running);
};

type Message =
  | { readonly id: number; readonly method: string; readonly params: Readonly<Record<string, unknown>> }
  | { readonly cancel: number }
  | { readonly problem: string };

const read = (line: string): Message => {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return { problem: 'This line is not JSON. One request is one line: {"id":1,"method":"…","params":{…}}.' };
  }
  if (!isRecord(value)) return { problem: 'A request is a JSON object.' };
  if (typeof value['cancel'] === 'number') return { cancel: value['cancel'] };
  const { id, method, params = {} } = value;
  if (typeof id !== 'number' || !Number.isSafeInteger(id)) return { problem: 'The member id is to be an integer.' };
  if (typeof method !== 'string') return { problem: 'The member method is to be a string.' };
  if (!isRecord(params)) return { problem: 'The member params is to be an object.' };
  return { id, method, params };
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const unknownMethod = (method: string, methods: Readonly<Record<string, Method>>): BridgeError =>
  new BridgeError('unknown-method', `There is no method ${JSON.stringify(method)}.`, {
    remedy: `This bridge has: ${Object.keys(methods).join(', ')}. Use a gem and an oreno of the same version.`,
  });

const describe = (error: unknown, signal: AbortSignal, explain: BridgeOptions['explain']): BridgeErrorBody => {
  if (signal.aborted) return { code: 'cancelled', message: 'The caller cancelled the request.' };
  if (error instanceof BridgeError) return error.body();
  const explained = explain(error);
  if (explained !== undefined) return explained;
  return { code: 'internal', message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
};

/** Writes values as lines, one after the other; a reader that is gone is no failure of the writer. */
const lineWriter = (output: Writable): ((value: unknown) => Promise<void>) => {
  let gone = false;
  for (const event of ['error', 'close'])
    output.on(event, () => {
      gone = true;
    });
  return async (value) => {
    if (gone || output.write(`${JSON.stringify(value)}\n`)) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        for (const event of ['drain', 'error', 'close']) output.off(event, done);
        resolve();
      };
      for (const event of ['drain', 'error', 'close']) output.once(event, done);
    });
  };
};
