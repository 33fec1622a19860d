/** Asks the server how many machines a capacity provider wants; asking serves its group for a minute. */
import { sign, type Credentials } from '@oreno/aws-wire';
import type { MachineGroupAnswer } from '@oreno/server';
import { CommandFailure } from '../failure.ts';

export interface MachineWishes {
  /** The wish; `wish` is absent where the capacity provider has no managed scaling, or no cluster. */
  ask(): Promise<MachineGroupAnswer>;
  /** Serves the group no more. */
  withdraw(): Promise<void>;
}

export interface ServedGroup {
  readonly origin: string;
  readonly region: string;
  readonly credentials: Credentials;
  readonly capacityProvider: string;
  readonly minimumSize: number;
  readonly maximumSize: number;
  /** What a machine registers: CPU units and MiB. */
  readonly machine: { readonly cpu: number; readonly memory: number } | undefined;
}

/** The message of an error of AWS; the text itself where it is none. */
const wordsOf = (text: string): string => /"message":"([^"]+)"/.exec(text)?.[1] ?? text.trim();

export const openMachineWishes = (group: ServedGroup): MachineWishes => {
  const { origin, region, credentials, capacityProvider, minimumSize, maximumSize, machine } = group;
  const call = async (method: 'DELETE' | 'PUT', query: Record<string, string>): Promise<MachineGroupAnswer> => {
    const url = `${origin}/oreno/machine-groups?${new URLSearchParams(query).toString()}`;
    const { host: _, ...headers } = sign({ method, url, region, service: 'ecs', credentials, now: Date.now() });
    const response = await fetch(url, { method, headers, signal: AbortSignal.timeout(10_000) });
    if (!response.ok) throw new CommandFailure(`the server refuses: ${wordsOf(await response.text())}`);
    return (await response.json()) as MachineGroupAnswer;
  };
  const bounds = { minimumSize: String(minimumSize), maximumSize: String(maximumSize) };
  const size = machine === undefined ? {} : { cpu: String(machine.cpu), memory: String(machine.memory) };
  return {
    ask: () => call('PUT', { capacityProvider, ...bounds, ...size }),
    withdraw: async () => void (await call('DELETE', { capacityProvider })),
  };
};
