/** `oreno instances renew`: new credentials for instances that were away for longer than theirs lasted. */
import { openClient } from '../../client.ts';
import { openDataDir, requireNote } from '../../data-dir.ts';
import { CommandFailure } from '../../failure.ts';
import { fleetOf, keys, openLxd } from '../../instances/fleet.ts';
import { putCredentials } from '../../instances/launch-one.ts';
import { reportLxd } from '../../instances/report-lxd.ts';
import { runEach } from '../../instances/run-each.ts';
import { rootAccessKey } from '../../root-key.ts';

export interface RenewOptions {
  readonly lxd?: string;
  readonly dataDir?: string;
}

export const renew = (names: readonly string[], options: RenewOptions): Promise<void> =>
  reportLxd(async () => {
    const dataDir = openDataDir(options.dataDir);
    const note = requireNote(dataDir);
    const lxd = await openLxd(options.lxd);
    const fleet = await fleetOf(lxd, openClient(dataDir, note));
    await runEach(names, async (name) => {
      const own = fleet.find((each) => each.name === name);
      if (own === undefined) throw new CommandFailure('not an instance that oreno launched: see oreno instances list');
      const tools = { lxd, origin: note.origin, credentials: rootAccessKey(dataDir) };
      await putCredentials(tools, name, own.machine.config[keys.region] ?? note.region);
      const restart = ['systemctl', 'restart', 'oreno-agent'];
      if (own.machine.status === 'Running') await lxd.instance(name).run(restart);
      return 'has new credentials';
    });
    lxd.close();
  });
