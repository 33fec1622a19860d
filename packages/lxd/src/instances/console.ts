/** The console of an instance: attach to it, read what it showed (LXD documentation, "How to access the console"). */
import { text } from 'node:stream/consumers';
import type { Duplex } from 'node:stream';
import { createWebSocketStream } from 'ws';
import { type Client, part } from '../client.ts';
import { LxdError } from '../errors.ts';
import { Operation, type OperationOptions } from '../operation.ts';

export interface ConsoleOptions extends OperationOptions {
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  /** Takes the console from whoever has it (extension console_force). */
  readonly force?: boolean | undefined;
}

export interface ConsoleSession {
  /** What the console shows, and what is typed on it. It stays open until {@link detach}, or until the instance stops. */
  readonly stream: Duplex;
  resize(size: { readonly width: number; readonly height: number }): void;
  /** Lets go of the console; the instance goes on. Resolves when the server has let go too. */
  detach(): Promise<void>;
}

export interface Console {
  attach(options?: ConsoleOptions): Promise<ConsoleSession>;
  /** What it showed last. */
  log(): Promise<string>;
  /** Forgets what it showed. */
  clearLog(): Promise<void>;
}

export const consoleOf = (client: Client, instance: string): Console => {
  const path = `/instances/${part(instance)}/console`;
  const attach = async ({ width = 80, height = 24, force = false, signal }: ConsoleOptions = {}) => {
    const json = { type: 'console', width, height, ...(force && { force }) };
    const needs = force ? 'console_force' : 'console';
    const operation = new Operation(client, { method: 'POST', path, json, subject: instance, needs }, { signal });
    const { id, metadata } = await operation.started;
    const { fds } = metadata as unknown as { readonly fds: Readonly<Record<'0' | 'control', string>> };
    const open = (secret: string) => client.transport.operationSocket(id, secret, client.scope);
    const control = open(fds.control);
    const socket = open(fds[0]);
    control.on('error', () => {});
    const opened = new Promise<void>((resolve) => control.once('open', resolve));
    const stream = createWebSocketStream(socket);
    const over = operation.then(
      () => {},
      () => {},
    );
    return {
      stream,
      resize: (size: { readonly width: number; readonly height: number }) => {
        const args = { width: String(size.width), height: String(size.height) };
        void opened.then(() => control.send(JSON.stringify({ command: 'window-resize', args }), { binary: false }));
      },
      detach: async () => {
        // The server lets go when the control socket closes.
        await opened;
        control.close();
        socket.close();
        await over;
        stream.destroy();
      },
    };
  };
  return {
    attach,
    log: async () => {
      try {
        return await text(await client.stream({ method: 'GET', path, subject: instance }));
      } catch (error) {
        // How LXD 5.0 tells that nothing was shown since it was cleared.
        if (error instanceof LxdError && error.text.startsWith('open : no such file')) return '';
        throw error;
      }
    },
    clearLog: async () => void (await client.call({ method: 'DELETE', path, subject: instance })),
  };
};
