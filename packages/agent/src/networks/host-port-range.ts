/** Finds runs of free host ports for container port ranges. */
import { createSocket } from 'node:dgram';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { PortRange } from '../domain/port-bindings.ts';

export type IsPortFree = (port: number, protocol: 'tcp' | 'udp') => Promise<boolean>;

/**
 * The first of `length` neighbouring ports within `within` that are all free, looked for from `start` on and round;
 * undefined when there is no such run.
 */
export async function findPortRun(
  length: number,
  within: PortRange,
  start: number,
  isFree: (port: number) => Promise<boolean>,
): Promise<number | undefined> {
  const span = within.last - within.first + 1;
  let run = 0;
  for (let step = 0; step < span + length; step += 1) {
    const port = within.first + ((start - within.first + step) % span);
    if (port === within.first) run = 0;
    run = (await isFree(port)) ? run + 1 : 0;
    if (run === length) return port - length + 1;
  }
  return undefined;
}

/** Whether a port of the host can be listened on now. */
export const isPortFree: IsPortFree = (port, protocol) => (protocol === 'tcp' ? isTcpFree(port) : isUdpFree(port));

const isTcpFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '0.0.0.0', exclusive: true }, () => server.close(() => resolve(true)));
  });

const isUdpFree = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createSocket('udp4');
    socket.once('error', () => resolve(false));
    socket.bind({ port, address: '0.0.0.0', exclusive: true }, () => socket.close(() => resolve(true)));
  });

/** The kernel's range of ephemeral ports; 49153 to 65535 where it cannot be read. */
export async function ephemeralPorts(): Promise<PortRange> {
  const text = await readFile('/proc/sys/net/ipv4/ip_local_port_range', 'utf8').catch(() => '');
  const [first, last] = text.trim().split(/\s+/).map(Number);
  return first && last ? { first, last } : { first: 49_153, last: 65_535 };
}
