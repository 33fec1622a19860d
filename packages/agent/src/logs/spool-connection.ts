import { connect, type Socket } from 'node:net';
import { readMessages, type Reply, type SpoolQuestions, writeMessage } from './spool-protocol.ts';

/**
 * The asking side of the spool's unix socket: questions out, each one's answer back to whoever asked it, and log
 * lines that come in between.
 */

type Waiting = PromiseWithResolvers<never>;

/** Thrown to whoever waits for an answer when the connection is gone. */
export class SpoolGoneError extends Error {
  override readonly name = 'SpoolGoneError';
}

export interface SpoolConnection {
  /** Throws {@link SpoolGoneError} when the process is gone, any other error when it could not answer. */
  ask<Name extends keyof SpoolQuestions>(
    name: Name,
    input: SpoolQuestions[Name]['input'],
    timeoutMs?: number,
  ): Promise<SpoolQuestions[Name]['output']>;
  /** Resolves when the connection has ended, whoever ended it. */
  readonly closed: Promise<void>;
  end(): void;
}

/** Connects to the process behind a socket. Rejects when there is none. */
export const connectSpool = async (
  path: string,
  onLog: (line: Extract<Reply, { log: unknown }>['log']) => void = () => {},
): Promise<SpoolConnection> => {
  const socket = await new Promise<Socket>((resolve, reject) => {
    const opening = connect(path, () => resolve(opening.off('error', reject)));
    opening.once('error', reject);
  });
  const waiting = new Map<number, Waiting>();
  const { promise: closed, resolve: close } = Promise.withResolvers<void>();
  let last = 0;
  socket.on('error', () => {});
  socket.once('close', () => {
    close();
    for (const { reject } of waiting.values()) reject(new SpoolGoneError('the log spool has gone'));
    waiting.clear();
  });
  readMessages(socket, (message) => {
    const reply = message as Reply;
    if ('log' in reply) return onLog(reply.log);
    const question = waiting.get(reply.id);
    waiting.delete(reply.id);
    if ('error' in reply) question?.reject(new Error(reply.error));
    else question?.resolve(reply.output as never);
  });
  return {
    closed,
    end: () => socket.destroy(),
    ask: async (ask, input, timeoutMs) => {
      if (socket.destroyed) throw new SpoolGoneError('the log spool has gone');
      const id = (last += 1);
      const question = Promise.withResolvers<never>();
      waiting.set(id, question);
      const late = (): void => question.reject(new Error(`the log spool has not answered in ${timeoutMs} ms`));
      const timer = timeoutMs === undefined ? undefined : setTimeout(late, timeoutMs);
      writeMessage(socket, { id, ask, input });
      try {
        // The process answers a question with what the table of questions says.
        return await question.promise;
      } finally {
        clearTimeout(timer);
        waiting.delete(id);
      }
    },
  };
};
