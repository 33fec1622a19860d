import type { ClientRequest } from 'node:http';
import type { Socket } from 'node:net';

/** Milliseconds that a server has for the handshake of a connection when nothing else is said. */
export const defaultConnectTimeout = 15_000;

/** Ends a request whose new connection is not ready in time: a host behind a firewall may never say no. */
export const limitHandshake = (request: ClientRequest, milliseconds: number): ClientRequest =>
  request.once('socket', (socket: Socket) => {
    // One that was kept from an earlier request.
    if (request.reusedSocket) return;
    const late = (): void => {
      const error = new Error(`no connection within ${milliseconds / 1_000} s`);
      socket.destroy(Object.assign(error, { code: 'ETIMEDOUT' }));
    };
    const timer = setTimeout(late, milliseconds);
    const stop = (): void => clearTimeout(timer);
    socket.once('secureConnect', stop).once('close', stop);
  });
