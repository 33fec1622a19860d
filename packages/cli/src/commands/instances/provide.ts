/**
 * `oreno instances provide`: launches and ends machines as a capacity provider wants them, until it is stopped. It
 * keeps nothing itself: what there is stands in LXD, what is wanted at the server.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '@oreno/aws-wire';
import type { Lxd } from '@oreno/lxd';
import type { MachineGroupAnswer } from '@oreno/server';
import { openClient } from '../../client.ts';
import { openDataDir, requireNote } from '../../data-dir.ts';
import { CommandFailure } from '../../failure.ts';
import { decideProvision } from '../../instances/decide-provision.ts';
import { fleetOf, keys, openLxd, type FleetInstance } from '../../instances/fleet.ts';
import { launchOne, requireImage, type LaunchTools } from '../../instances/launch-one.ts';
import {
  chooseNames,
  cores,
  defaultImage,
  memoryMiB,
  wayToServer,
  zoneOf,
  type LaunchRequest,
} from '../../instances/launch-plan.ts';
import { lookAtMachines } from '../../instances/look-at-machines.ts';
import { openMachineWishes } from '../../instances/machine-wishes.ts';
import { reportLxd } from '../../instances/report-lxd.ts';
import { terminateOne } from '../../instances/terminate-one.ts';
import { openLog, type LogFormat } from '../../log.ts';
import { rootAccessKey } from '../../root-key.ts';
import { untilToldToStop } from '../../signals.ts';

export interface ProvideOptions {
  readonly capacityProvider: string;
  readonly min: number;
  readonly max: number;
  readonly cpu?: string;
  readonly memory?: string;
  readonly zone?: readonly string[];
  readonly image?: string;
  readonly endpoint?: string;
  readonly profile?: readonly string[];
  readonly lxd?: string;
  readonly dataDir?: string;
  readonly logFormat?: LogFormat;
}

const looksEvery = 1_000;
const joinTimeout = 120_000;
/** As many at a time as a machine can boot without all of them getting slow. */
const launchesAtOnce = 2;

export const provide = (options: ProvideOptions): Promise<void> =>
  reportLxd(async () => {
    const dataDir = openDataDir(options.dataDir);
    const note = requireNote(dataDir);
    const log = openLog(options.logFormat);
    const { capacityProvider, min: minimumSize, max: maximumSize, cpu, memory } = options;
    if (minimumSize > maximumSize) throw new CommandFailure('--min must not be larger than --max.', 2);
    const size = { cpu: cpu && cores(cpu), memory: memory && memoryMiB(memory) };
    const machine = size.cpu && size.memory ? { cpu: size.cpu * 1024, memory: size.memory } : undefined;
    const way = wayToServer(options.endpoint, note.origin);
    const credentials = rootAccessKey(dataDir);
    const about = { origin: note.origin, region: note.region, credentials };
    const wishes = openMachineWishes({ ...about, capacityProvider, minimumSize, maximumSize, machine });
    const lxd = await openLxd(options.lxd);
    const stopping = new AbortController();
    const client = openClient(dataDir, note);
    const tools = { lxd, client, origin: note.origin, credentials, timeout: joinTimeout, signal: stopping.signal };
    await requireImage(lxd, options.image ?? defaultImage);
    // A capacity provider that is not there is told at once.
    await wishes.ask();
    log('info', 'providing machines', { capacityProvider, minimum: minimumSize, maximum: maximumSize });
    const loop = provideLoop({ ...tools, options, way, region: note.region, log }, () => wishes.ask(), stopping.signal);
    log('info', 'stopping; machines stay as they are', { signal: await untilToldToStop() });
    stopping.abort();
    await loop;
    await wishes.withdraw().catch(() => {});
    lxd.close();
  });

interface Provider extends LaunchTools {
  readonly options: ProvideOptions;
  readonly way: ReturnType<typeof wayToServer>;
  readonly region: string;
  readonly log: Log;
}

const ownMachines = async (provider: Provider): Promise<readonly FleetInstance[]> => {
  const { lxd, client, options } = provider;
  const all = await fleetOf(lxd, client);
  return all.filter(({ machine }) => machine.config[keys.capacityProvider] === options.capacityProvider);
};

const provideLoop = async (
  provider: Provider,
  ask: () => Promise<MachineGroupAnswer>,
  signal: AbortSignal,
): Promise<void> => {
  const busy = new Map<string, Promise<void>>();
  const start = (name: string, what: string, work: () => Promise<unknown>): void => {
    const running = work()
      .then(
        () => provider.log('info', `${what} is done`, { name }),
        (error: unknown) => {
          if (!signal.aborted) provider.log('warn', `${what} failed`, { name, error: (error as Error).message });
        },
      )
      .finally(() => busy.delete(name));
    busy.set(name, running);
    provider.log('info', what, { name });
  };
  let wasWanted = true;
  while (!signal.aborted) {
    try {
      const isWanted = await look(provider, ask, busy, start);
      // Without a word nobody would know why no machine ever comes.
      if (wasWanted && !isWanted) {
        const { capacityProvider } = provider.options;
        const message = 'no machines are wanted: no cluster has the capacity provider, or its managed scaling is off';
        provider.log('warn', message, { capacityProvider });
      }
      wasWanted = isWanted;
    } catch (error) {
      // The server restarts, or LXD does: the next look tells.
      provider.log('warn', 'cannot tell which machines are wanted', { error: (error as Error).message });
    }
    await delay(looksEvery, undefined, { signal }).catch(() => {});
  }
  await Promise.all(busy.values());
};

/** One look; answers whether the capacity provider is scaled at all. */
const look = async (
  provider: Provider,
  ask: () => Promise<MachineGroupAnswer>,
  busy: ReadonlyMap<string, Promise<void>>,
  start: (name: string, what: string, work: () => Promise<unknown>) => void,
): Promise<boolean> => {
  const { wish, fleet, snapshot } = await lookAtMachines({ ask, list: () => ownMachines(provider), busy });
  const { launches, ends } = decideProvision(snapshot, Date.now());
  for (const name of ends) {
    const machine = fleet.find((each) => each.name === name);
    const { lxd, client, signal } = provider;
    if (machine === undefined) continue;
    start(name, 'ending', () => terminateOne({ lxd, client, drainTimeout: 0, signal }, machine, () => {}));
  }
  const room = Math.max(0, launchesAtOnce - busy.size);
  if (launches === 0 || room === 0 || wish === undefined) return wish !== undefined;
  const taken = new Set([...(await namesOf(provider.lxd)), ...busy.keys()]);
  for (const name of chooseNames(provider.options.capacityProvider, Math.min(launches, room), taken)) {
    start(name, 'launching', () => launchOne(provider, name, requestOf(provider, wish.clusterName, name), () => {}));
  }
  return true;
};

const namesOf = async (lxd: Lxd): Promise<readonly string[]> => (await lxd.instances.list()).map(({ name }) => name);

const requestOf = ({ options, way, region }: Provider, cluster: string, name: string): LaunchRequest => {
  return {
    image: options.image ?? defaultImage,
    cluster,
    region,
    ...way,
    cpu: options.cpu,
    memory: options.memory,
    zone: zoneOf(options.zone ?? [], region, Number(name.split('-').at(-1)) - 1),
    capacityProvider: options.capacityProvider,
    profiles: options.profile,
  };
};
