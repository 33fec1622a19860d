/**
 * Refusing a websocket in the way that agents understand: an HTTP error whose body is one object keyed by the
 * name of the error. The usual `__type` form means nothing to them here.
 */
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

/** The errors that an agent's websocket client knows by name, with the status each is answered with. */
const statusOf = {
  ServerException: 500,
  BadRequestException: 400,
  InvalidClusterException: 400,
  InvalidInstanceException: 400,
  AccessDeniedException: 403,
  /** Silences the agent for an hour: only for an instance that was really deregistered. */
  InactiveInstanceException: 400,
} as const;

export type RefusalName = keyof typeof statusOf;

/** Why a handshake is refused. */
export class Refusal extends Error {
  readonly code: RefusalName;

  constructor(code: RefusalName, message: string) {
    super(message);
    this.name = code;
    this.code = code;
  }
}

/** Answers the upgrade with the error and ends the connection. */
export const refuse = (socket: Duplex, refusal: Refusal): void => {
  const status = statusOf[refusal.code];
  const body = JSON.stringify({ [refusal.code]: refusal.message });
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
};
