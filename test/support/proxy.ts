/** A proxy between a client and a server, on a socket or on loopback, that cuts connections when a test asks for it. */
import { connect, createServer, type AddressInfo, type NetConnectOpts, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Proxy {
  /** Where it listens, when it does on loopback. */
  readonly port: number;
  /** Cuts every connection once so many more bytes have passed, both ways together; later ones pass again. */
  cutAfter(bytes: number): void;
  close(): Promise<void>;
}

export interface ProxyOptions {
  readonly to: NetConnectOpts;
  /** The path of a socket; a free port of loopback when absent. */
  readonly socket?: string | undefined;
  /** Milliseconds that each connection is let through behind the one before it. */
  readonly apart?: number | undefined;
}

/** Starts to listen. */
export const startProxy = async ({ to, socket, apart = 0 }: ProxyOptions): Promise<Proxy> => {
  const open = new Set<Socket>();
  let left = Infinity;
  let turn = Promise.resolve();
  const count = (chunk: Buffer): void => {
    left -= chunk.length;
    if (left > 0) return;
    left = Infinity;
    for (const each of open) each.destroy();
  };
  const join = (from: Socket): void => {
    const target = connect(to);
    for (const [one, other] of [
      [from, target],
      [target, from],
    ] as const) {
      open.add(one);
      one.on('data', count).pipe(other);
      one.on('error', () => {});
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
    }
  };
  const server = createServer((from) => {
    from.pause();
    turn = turn.then(async () => {
      join(from);
      if (apart > 0) await sleep(apart);
    });
  });
  await new Promise<void>((resolve) => {
    if (socket === undefined) server.listen(0, '127.0.0.1', resolve);
    else server.listen(socket, resolve);
  });
  const address = server.address() as AddressInfo | string;
  return {
    port: typeof address === 'string' ? 0 : address.port,
    cutAfter: (bytes) => void (left = bytes),
    close: async () => {
      for (const each of open) each.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};
