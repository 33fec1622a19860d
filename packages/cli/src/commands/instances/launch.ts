/** `oreno instances launch`: LXD containers that join a cluster as container instances. */
import { openClient } from '../../client.ts';
import { openDataDir, requireNote } from '../../data-dir.ts';
import { CommandFailure } from '../../failure.ts';
import { fleetOf, openLxd } from '../../instances/fleet.ts';
import { launchOne, requireCluster, requireImage } from '../../instances/launch-one.ts';
import { removeLeftovers } from '../../instances/leftovers.ts';
import {
  chooseNames,
  cores,
  defaultImage,
  memoryMiB,
  wayToServer,
  zoneOf,
  type LaunchRequest,
} from '../../instances/launch-plan.ts';
import { runEach } from '../../instances/run-each.ts';
import { reportLxd } from '../../instances/report-lxd.ts';
import { rootAccessKey } from '../../root-key.ts';
import { checkCluster, defaults } from '../../settings.ts';

export interface LaunchOptions {
  readonly count: number;
  readonly name: string;
  readonly lxd?: string;
  readonly cpu?: string;
  readonly memory?: string;
  readonly cluster?: string;
  readonly zone?: readonly string[];
  readonly image?: string;
  readonly endpoint?: string;
  readonly profile?: readonly string[];
  readonly attribute?: Readonly<Record<string, string>>;
  readonly capacityProvider?: string;
  readonly dataDir?: string;
}

/** From creation to the agent's first connection; a busy machine boots slowly. */
const timeout = 120_000;

export const launch = (options: LaunchOptions): Promise<void> =>
  reportLxd(async () => {
    const dataDir = openDataDir(options.dataDir);
    const note = requireNote(dataDir);
    const client = openClient(dataDir, note);
    const cluster = checkCluster(options.cluster ?? note.cluster ?? defaults.cluster);
    if (options.memory !== undefined) memoryMiB(options.memory);
    if (options.cpu !== undefined) cores(options.cpu);
    const { endpoint, throughHost } = wayToServer(options.endpoint, note.origin);
    await requireCluster(client, cluster);
    const lxd = await openLxd(options.lxd);
    await requireImage(lxd, options.image ?? defaultImage);
    const leftovers = await removeLeftovers(lxd, await fleetOf(lxd, client));
    for (const name of leftovers) process.stdout.write(`Removed ${name}, which a launch that was killed had left.\n`);
    const taken = new Set((await lxd.instances.list()).map(({ name }) => name));
    const names = chooseNames(options.name, options.count, taken);
    if (throughHost && !lxd.address.startsWith('/')) {
      throw new CommandFailure(
        `the server listens on ${endpoint} alone, where instances on ${options.lxd} cannot reach it. ` +
          'Start it with --listen and an address they reach, and name that with --endpoint.',
      );
    }
    const requestOf = (index: number): LaunchRequest => ({
      image: options.image ?? defaultImage,
      cluster,
      region: note.region,
      endpoint,
      throughHost,
      cpu: options.cpu,
      memory: options.memory,
      zone: zoneOf(options.zone ?? [], note.region, index),
      capacityProvider: options.capacityProvider,
      profiles: options.profile,
      attributes: options.attribute,
    });
    const base = { lxd, client, origin: note.origin, credentials: rootAccessKey(dataDir), timeout };
    await runEach(names, async (name, index, tell, signal) => {
      const started = Date.now();
      await launchOne({ ...base, signal }, name, requestOf(index), tell);
      return `ACTIVE in ${cluster} after ${((Date.now() - started) / 1000).toFixed(1)} s`;
    });
    const all = await fleetOf(lxd, client, cluster);
    lxd.close();
    process.stdout.write(`${all.length} launched instances in ${cluster}. See them: oreno instances list\n`);
  });
