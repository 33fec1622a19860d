/** `oreno instances terminate`: drains machines, takes them out of their clusters and deletes them. */
import { openClient } from '../../client.ts';
import { openDataDir, readNote } from '../../data-dir.ts';
import { CommandFailure } from '../../failure.ts';
import { fleetOf, openLxd, type FleetInstance } from '../../instances/fleet.ts';
import { reportLxd } from '../../instances/report-lxd.ts';
import { runEach } from '../../instances/run-each.ts';
import { terminateOne } from '../../instances/terminate-one.ts';

export interface TerminateCommandOptions {
  readonly lxd?: string;
  /** Seconds. */
  readonly drainTimeout: number;
  /** Without draining. */
  readonly now?: boolean;
  readonly dataDir?: string;
}

const find = (fleet: readonly FleetInstance[], name: string): FleetInstance => {
  const found = fleet.find((each) => each.name === name);
  if (found === undefined) {
    throw new CommandFailure(`${name} is not an instance that oreno launched. See those: oreno instances list`);
  }
  return found;
};

export const terminate = (names: readonly string[], options: TerminateCommandOptions): Promise<void> =>
  reportLxd(async () => {
    const dataDir = openDataDir(options.dataDir);
    const note = readNote(dataDir);
    if (note === undefined && options.now !== true) {
      throw new CommandFailure(
        `nothing runs on ${dataDir.root}, so nobody can move the tasks. Start it with: oreno up --detach; ` +
          'or delete the machines as they are with --now.',
      );
    }
    const client = note && openClient(dataDir, note);
    const lxd = await openLxd(options.lxd);
    const fleet = await fleetOf(lxd, client);
    const chosen = new Map(names.map((name) => [name, find(fleet, name)]));
    const drainTimeout = options.now === true ? 0 : options.drainTimeout * 1000;
    await runEach([...chosen.keys()], async (name, _index, tell, signal) => {
      const left = await terminateOne({ lxd, client, drainTimeout, signal }, find(fleet, name), tell);
      if (client === undefined) {
        return 'deleted; the server is away and has it as a container instance until that is deregistered';
      }
      return left === 0 ? 'terminated' : `terminated; ${left} ${left === 1 ? 'task' : 'tasks'} ended with it`;
    });
    lxd.close();
  });
