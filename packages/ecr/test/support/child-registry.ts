/** A registry in a process of its own that can be killed, with a clock that can be set ahead. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Order } from './serve.ts';

export const authorization = `Basic ${Buffer.from('AKIATESTTESTTESTTEST:secret').toString('base64')}`;

export interface ChildRegistry {
  readonly child: ChildProcess;
  readonly port: number;
  readonly request: (
    method: string,
    path: string,
    body?: Uint8Array,
    headers?: Record<string, string>,
  ) => Promise<Response>;
}

/** Starts one over the folder, `ahead` milliseconds before the clock of the machine; it has the repositories `crash` and `crash/other`. */
export const start = async (directory: string, ahead = 0): Promise<ChildRegistry> => {
  const serve = join(import.meta.dirname, 'serve.ts');
  const child = fork(serve, [directory, String(ahead)], { stdio: 'inherit', execArgv: [] });
  const [port] = (await once(child, 'message')) as [number];
  return {
    child,
    port,
    request: (method, path, body, headers = {}) =>
      fetch(`http://127.0.0.1:${port}${path}`, {
        method,
        headers: { authorization, ...headers },
        ...(body && { body }),
      }),
  };
};

export const kill = async ({ child }: ChildRegistry): Promise<void> => {
  child.kill('SIGKILL');
  await once(child, 'exit');
};

export const setAhead = ({ child }: ChildRegistry, ahead: number): void => void child.send({ ahead } satisfies Order);

/** Has it collect or verify; answers what that found, undefined where it is killed meanwhile. One at a time. */
export const tell = async ({ child }: ChildRegistry, order: 'collect' | 'verify'): Promise<unknown> => {
  const over = new AbortController();
  const { signal } = over;
  const answered = Promise.race([once(child, 'message', { signal }), once(child, 'exit', { signal }).then(() => [])]);
  child.send(order, () => undefined);
  const [answer] = (await answered) as unknown[];
  over.abort();
  return answer;
};
