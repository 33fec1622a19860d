/** Waiting until an instance can be used: what starting it does not tell. */
import { setTimeout as delay } from 'node:timers/promises';
import { LxdError, TimeoutError } from './errors.ts';
import type { RunOptions, RunResult } from './exec.ts';
import type { Instance as InstanceOfServer, InstanceState } from './api/types.ts';

export interface WaitOptions {
  /** Milliseconds; a minute when absent. */
  readonly timeout?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Waiting {
  /** Its init system has come up; one without systemd counts as soon as it runs commands. */
  boot(options?: WaitOptions): Promise<void>;
  /** An address of the family that others can reach, of any interface or the named one. */
  address(options?: WaitOptions & { readonly family?: 'inet' | 'inet6'; readonly device?: string }): Promise<string>;
  /** cloud-init is done. Throws an LxdError when it failed, with what it says, or is not there. */
  cloudInit(options?: WaitOptions): Promise<void>;
  /** Something listens on the TCP port inside the instance. */
  port(port: number, options?: WaitOptions): Promise<void>;
  /** Whatever `probe` answers first that is not undefined. */
  until<T>(what: string, probe: () => Promise<T | undefined>, options?: WaitOptions): Promise<T>;
}

const everyMs = 100;

const booted = /^(running|degraded)/;

/** The first address of a state that is for others; those of bridges inside the instance are not. */
const addressIn = ({ network }: InstanceState, family: string, device: string | undefined): string | undefined => {
  const interfaces = Object.entries(network ?? {}).filter(([name]) =>
    device === undefined ? !/^(lo|docker|br-|veth|lxdbr|incusbr)/.test(name) : name === device,
  );
  return interfaces
    .flatMap(([, { addresses }]) => addresses)
    .find((address) => address.family === family && address.scope === 'global')?.address;
};

/** `/proc/net/tcp` lists listening sockets in state 0A, ports in hexadecimal digits. */
const listens = (table: string, port: number): boolean =>
  new RegExp(`:${port.toString(16).toUpperCase().padStart(4, '0')} [0-9A-F]+:0000 0A `).test(table);

const cloudInitStatus = ['cloud-init', 'status', '--long'];

interface CloudInitProblem {
  readonly problem: string;
  readonly remedy: string;
}

/** How cloud-init ended; undefined while it has not. */
const cloudInitEnd = (
  answer: { readonly stdout: string; readonly exitCode: number } | undefined,
): 'done' | CloudInitProblem | undefined => {
  if (answer === undefined) return undefined;
  if (answer.exitCode === 127) {
    return { problem: 'there is no cloud-init in it', remedy: 'Use an image that has it.' };
  }
  const status = /status: (done|error|disabled)/.exec(answer.stdout)?.[1];
  if (status !== 'error') return status === undefined ? undefined : 'done';
  const detail = /^detail:\s*([^]*)/m.exec(answer.stdout)?.[1]?.trim() ?? '';
  const remedy = 'Mend the user data, or the image; /var/log/cloud-init.log in it says more.';
  return { problem: `cloud-init failed${detail === '' ? '' : `: ${detail}`}`, remedy };
};

/** What of an instance waiting asks. */
interface Asked {
  readonly name: string;
  get(): Promise<Pick<InstanceOfServer, 'status'>>;
  state(): Promise<InstanceState>;
  run(command: readonly string[], options?: RunOptions): Promise<RunResult>;
}

export const waiting = (instance: Asked): Waiting => {
  const until = async <T>(
    what: string,
    probe: () => Promise<T | undefined>,
    { timeout = 60_000, signal }: WaitOptions = {},
  ): Promise<T> => {
    const end = Date.now() + timeout;
    for (;;) {
      const found = await probe();
      if (found !== undefined) return found;
      if (Date.now() > end) {
        throw new TimeoutError(`${what} did not come within ${timeout / 1000} s`, { subject: instance.name });
      }
      await delay(everyMs, undefined, { ...(signal && { signal }) });
    }
  };
  /** Output of a command; undefined while the instance runs none. */
  const ask = async (command: readonly string[]) => {
    try {
      return await instance.run(command, { anyExitCode: true });
    } catch (error) {
      const { status } = await instance.get();
      if (error instanceof LxdError && status === 'Running') return undefined;
      throw error;
    }
  };
  return {
    until,
    boot: async (options) => {
      await until(
        'the end of its boot',
        async () => {
          const answer = await ask(['systemctl', 'is-system-running']);
          if (answer === undefined) return undefined;
          return answer.exitCode === 127 || booted.test(answer.stdout) ? true : undefined;
        },
        options,
      );
    },
    address: ({ family = 'inet', device, ...options } = {}) =>
      until('an address', async () => addressIn(await instance.state(), family, device), options),
    cloudInit: async (options) => {
      const end = await until('the end of cloud-init', async () => cloudInitEnd(await ask(cloudInitStatus)), options);
      if (end !== 'done') throw new LxdError(end.problem, { subject: instance.name }, end.remedy);
    },
    port: async (port, options) => {
      await until(
        `a listener on port ${port}`,
        async () => {
          const answer = await ask(['cat', '/proc/net/tcp', '/proc/net/tcp6']);
          return answer !== undefined && listens(answer.stdout, port) ? true : undefined;
        },
        options,
      );
    },
  };
};
