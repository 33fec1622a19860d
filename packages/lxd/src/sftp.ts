/**
 * What the file API cannot do and SFTP can, which servers offer beside it: to move a file over another in one step
 * (SSH File Transfer Protocol, version 3, with OpenSSH's extension `posix-rename@openssh.com`).
 */
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { type Client, part, pathOf } from './client.ts';
import { ConnectionError, errorOf, type LxdErrorDetails } from './errors.ts';

export interface Sftp {
  /** Moves a file to its place, over what is there. */
  rename(from: string, to: string): Promise<void>;
  close(): void;
}

const types = { init: 1, version: 2, status: 101, extended: 200 } as const;
const protocolVersion = 3;
const ok = 0;

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

const text = (value: string): Buffer => Buffer.concat([uint32(Buffer.byteLength(value)), Buffer.from(value)]);

const packet = (type: number, ...parts: readonly Buffer[]): Buffer => {
  const body = Buffer.concat([Buffer.of(type), ...parts]);
  return Buffer.concat([uint32(body.length), body]);
};

/** The next packet without its length. Throws a ConnectionError where the stream ends before it. */
const receive = async (stream: Duplex, details: LxdErrorDetails): Promise<Buffer> => {
  const read = async (length: number): Promise<Buffer> => {
    for (;;) {
      const bytes = stream.read(length) as Buffer | null;
      if (bytes !== null && bytes.length === length) return bytes;
      if (stream.readableEnded || stream.destroyed) throw new ConnectionError('the connection was cut', details);
      await Promise.race([once(stream, 'readable'), once(stream, 'end'), once(stream, 'close')]);
    }
  };
  return read((await read(4)).readUInt32BE());
};

/** Opens it for an instance, running or not; undefined where the server has none. */
export const openSftp = async (client: Client, instance: string): Promise<Sftp | undefined> => {
  const details = { operation: 'sftp', subject: instance };
  const path = pathOf(`/instances/${part(instance)}/sftp`, client.scope);
  const stream = await client.transport.upgrade(path, 'sftp', instance);
  if (stream === undefined) return undefined;
  stream.on('error', () => {});
  const ask = async (request: Buffer): Promise<Buffer> => {
    stream.write(request);
    return receive(stream, details);
  };
  const answer = await ask(packet(types.init, uint32(protocolVersion)));
  if (answer[0] !== types.version) throw new ConnectionError('this is not an answer of SFTP', details);
  return {
    rename: async (from, to) => {
      const request = [uint32(1), text('posix-rename@openssh.com'), text(from), text(to)];
      const status = await ask(packet(types.extended, ...request));
      // Type, number of the request, code, and a text with its length before it.
      const code = status.readUInt32BE(5);
      if (code === ok) return;
      const words = status.subarray(13, 13 + status.readUInt32BE(9)).toString();
      throw errorOf(words, { operation: 'rename', subject: `${instance}:${to}` });
    },
    close: () => void stream.destroy(),
  };
};
