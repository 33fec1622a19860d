import type { Socket } from 'node:net';
import { join } from 'node:path';
import type { AwsCredentials } from '../domain/agent-runtime.ts';
import type { LeadInput, LogSpool, LogSpoolStatus } from './log-spool.ts';

/**
 * What the agent and the process of its log spool say to each other over a unix socket that only their owner can
 * open: one JSON object a line, questions with a number, answers with the same one. Every question may be asked
 * again, so that one whose answer was lost with a dying process can go to the next.
 */
export interface SpoolQuestions {
  /** Whether this is the same code as the agent's. */
  readonly hello: { readonly input: object; readonly output: { readonly version: string } };
  /** Asks the process to end; it has when the connection closes. */
  readonly close: { readonly input: object; readonly output: object };
  /** Where to forward to. From the first time on, the connection is that of the agent. */
  readonly adopt: { readonly input: SpoolUpstream; readonly output: object };
  /** The options that lead a container's driver to the spool; `given` are those of its definition. */
  readonly lead: { readonly input: LeadInput; readonly output: Readonly<Record<string, string>> };
  readonly release: { readonly input: { readonly taskArn: string }; readonly output: object };
  readonly retain: { readonly input: { readonly taskArns: readonly string[] }; readonly output: object };
  readonly flush: { readonly input: object; readonly output: object };
  readonly status: { readonly input: object; readonly output: LogSpoolStatus };
}

export interface SpoolUpstream {
  readonly origin: string;
  readonly region: string;
  /** Absent when the agent has none at the moment: what comes in is kept. */
  readonly credentials?: AwsCredentials | undefined;
}

/** One answer for each question, by name. */
export type SpoolAnswers<Name extends keyof SpoolQuestions = keyof SpoolQuestions> = {
  readonly [N in Name]: (
    input: SpoolQuestions[N]['input'],
  ) => SpoolQuestions[N]['output'] | Promise<SpoolQuestions[N]['output']>;
};

/** The questions that are about the spool itself, not about its process. */
export type SpoolWork = 'lead' | 'release' | 'retain' | 'flush' | 'status';

/** The answers of a spool to what is asked about it. */
export const answersOf = (spool: LogSpool): SpoolAnswers<SpoolWork> => ({
  lead: (input) => spool.lead(input),
  release: ({ taskArn }) => {
    spool.release(taskArn);
    return {};
  },
  retain: ({ taskArns }) => {
    spool.retain(taskArns);
    return {};
  },
  flush: async () => {
    await spool.flush();
    return {};
  },
  status: () => spool.status(),
});

export interface Question {
  readonly id: number;
  readonly ask: keyof SpoolQuestions;
  readonly input: object;
}

/** An answer, or a line for the agent's log. */
export type Reply =
  | { readonly id: number; readonly output: object }
  | { readonly id: number; readonly error: string }
  | { readonly log: readonly ['info' | 'warn' | 'error', string, Readonly<Record<string, unknown>> | undefined] };

/** The socket of a data folder's spool. */
export const spoolSocket = (dataDir: string): string => join(dataDir, 'log-spool', 'control.sock');

/** Calls back with each line's object. Lines come from this program alone; one that is none ends the connection. */
export const readMessages = (socket: Socket, onMessage: (message: unknown) => void): void => {
  let rest = '';
  socket.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    try {
      for (const line of lines) onMessage(JSON.parse(line));
    } catch (error) {
      socket.destroy(error instanceof Error ? error : new Error(String(error)));
    }
  });
};

export const writeMessage = (socket: Socket, message: Question | Reply): void => {
  if (socket.writable) socket.write(`${JSON.stringify(message)}\n`);
};
