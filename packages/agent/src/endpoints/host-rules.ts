import { connect } from 'node:net';
import type { Log } from '../domain/agent-runtime.ts';
import { createMetadataRoute } from './metadata-route.ts';
import { agentPorts, decideRemoval, decideRules } from './rule-set.ts';
import { runProgram, type RunProgram } from './run-program.ts';

/**
 * Keeps the agent's firewall rules in place. Made again when somebody flushed the tables; taken away at the end
 * unless tasks still run. Where there is no iptables or no right to use it, one warning says what tasks do without,
 * and they still run.
 */
export interface HostRules {
  /** Puts the rules in place for these bridges. Never throws. */
  readonly ensure: (devices: readonly string[]) => Promise<void>;
  readonly remove: () => Promise<void>;
  /** Ports of other agents on this machine, as of the last look. */
  readonly peers: () => readonly number[];
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port, timeout: 1000 });
    const settle = (result: boolean) => () => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', settle(true)).once('error', settle(false)).once('timeout', settle(false));
  });

/** Rules for the agent whose metadata server listens on a port. */
export const createHostRules = (port: number, log: Log, run: RunProgram = runProgram): HostRules => {
  let peers: readonly number[] = [];
  const route = createMetadataRoute(run);
  let warned = false;
  const read = async (): Promise<readonly string[]> =>
    (await run('iptables', ['-w', '5', '-t', 'nat', '-S'])).split('\n');
  const restore = (script: string | undefined): Promise<unknown> =>
    script === undefined ? Promise.resolve() : run('iptables-restore', ['-w', '5', '--noflush'], script);

  const warn = (error: unknown): void => {
    if (warned) return;
    warned = true;
    log(
      'warn',
      'tasks do not reach 169.254.170.2 (task metadata and role credentials): the firewall rules cannot be set',
      {
        error: error instanceof Error ? error.message : String(error),
        remedy: 'run the agent as root on a machine with iptables',
      },
    );
  };

  /** An agent that was killed leaves rules that lead nowhere: they go. One that starts again makes its own. */
  const livePeers = async (present: readonly string[]): Promise<readonly number[]> => {
    const live: number[] = [];
    for (const peer of agentPorts(present).filter((each) => each !== port)) {
      if (await answers(peer)) live.push(peer);
      else await restore(decideRemoval(present, peer));
    }
    return live;
  };

  return {
    ensure: async (devices) => {
      try {
        const present = await read();
        peers = await livePeers(present);
        await restore(decideRules(present, port, devices));
        await route.ensure();
        warned = false;
      } catch (error) {
        warn(error);
      }
    },
    remove: async () => {
      try {
        await restore(decideRemoval(await read(), port));
        if (peers.length === 0) await route.remove();
      } catch (error) {
        log('debug', 'the firewall rules cannot be removed', { error: String(error) });
      }
    },
    peers: () => peers,
  };
};
