/** Commands whose output the server keeps in files until they are read: nobody has to stay connected (extension container_exec_recording). */
import { text } from 'node:stream/consumers';
import { type Client, part } from '../client.ts';
import { exitCodeOf, ended, type ExecOptions, type RunResult } from '../exec.ts';
import { Operation } from '../operation.ts';

export type RecordOptions = Omit<ExecOptions, 'terminal'>;

interface Recorded {
  /** Paths of the two files. */
  readonly output?: Readonly<Record<'1' | '2', string>>;
}

/** Runs a command without input; its output is read when it has ended, and then deleted on the server. */
export const record = async (
  client: Client,
  instance: string,
  command: readonly string[],
  { environment = {}, cwd, user, group, signal }: RecordOptions = {},
): Promise<RunResult> => {
  const json = {
    command,
    environment,
    'wait-for-websocket': false,
    'record-output': true,
    interactive: false,
    ...(cwd !== undefined && { cwd }),
    ...(user !== undefined && { user }),
    ...(group !== undefined && { group }),
  };
  const path = `/instances/${part(instance)}/exec`;
  const needs = 'container_exec_recording';
  const operation = new Operation(client, { method: 'POST', path, json, subject: instance, needs }, { signal });
  const state = await ended(operation);
  const { output } = (state.metadata ?? {}) as Recorded;
  const take = async (file: string | undefined): Promise<string> => {
    if (file === undefined) return '';
    const at = { path: file.replace(/^\/1\.0/, ''), subject: instance };
    const content = await text(await client.stream({ method: 'GET', ...at }));
    await client.call({ method: 'DELETE', ...at });
    return content;
  };
  const [stdout, stderr] = [await take(output?.[1]), await take(output?.[2])];
  return { exitCode: exitCodeOf(state, instance, command), stdout, stderr };
};
