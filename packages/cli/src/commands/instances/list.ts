/** `oreno instances list`: the launched machines, and what ECS knows of each. */
import type { ecs } from '@oreno/aws-wire';
import { openClient } from '../../client.ts';
import { openDataDir, readNote } from '../../data-dir.ts';
import { fleetOf, keys, openLxd, type FleetInstance } from '../../instances/fleet.ts';
import { isLeftover } from '../../instances/leftovers.ts';
import { reportLxd } from '../../instances/report-lxd.ts';
import { table } from '../../table.ts';

export interface ListOptions {
  readonly cluster?: string;
  readonly lxd?: string;
  readonly json?: boolean;
  readonly dataDir?: string;
}

const heads = [
  'NAME',
  'MACHINE',
  'ADDRESS',
  'ZONE',
  'CLUSTER',
  'CONTAINER INSTANCE',
  'STATUS',
  'CPU',
  'MEMORY',
  'TASKS',
];

const amount = (resources: readonly ecs.Resource[] | undefined, name: string): string =>
  String(resources?.find((each) => each.name === name)?.integerValue ?? '');

const statusOf = (fleetInstance: FleetInstance): string => {
  const instance = fleetInstance.containerInstance;
  if (instance === undefined) return isLeftover(fleetInstance, Date.now()) ? 'left by a launch' : 'not joined';
  return instance.agentConnected === true ? (instance.status ?? '') : `${instance.status}, no agent`;
};

/** What is left of what there is. */
const share = (instance: ecs.ContainerInstance | undefined, name: string): string =>
  instance === undefined
    ? ''
    : `${amount(instance.remainingResources, name)}/${amount(instance.registeredResources, name)}`;

const rowOf = (instance: FleetInstance, isServerThere: boolean): readonly string[] => {
  const { name, cluster, machine, address, containerInstance } = instance;
  return [
    name,
    machine.status,
    address ?? '',
    machine.config[keys.zone] ?? '',
    cluster,
    containerInstance?.containerInstanceArn?.split('/').at(-1) ?? '',
    isServerThere ? statusOf(instance) : 'no server',
    share(containerInstance, 'CPU'),
    share(containerInstance, 'MEMORY'),
    String(containerInstance?.runningTasksCount ?? ''),
  ];
};

export const list = (options: ListOptions): Promise<void> =>
  reportLxd(async () => {
    const dataDir = openDataDir(options.dataDir);
    const lxd = await openLxd(options.lxd);
    const note = readNote(dataDir);
    const client = note && openClient(dataDir, note);
    const fleet = await fleetOf(lxd, client, options.cluster);
    lxd.close();
    if (options.json === true) {
      const shown = fleet.map(({ machine, ...rest }) => ({
        ...rest,
        machine: machine.status,
        zone: machine.config[keys.zone],
      }));
      process.stdout.write(`${JSON.stringify(shown, null, 2)}\n`);
    } else if (fleet.length === 0) {
      process.stdout.write('No instance was launched. Launch one: oreno instances launch\n');
    } else
      process.stdout.write(
        table(
          heads,
          fleet.map((each) => rowOf(each, client !== undefined)),
        ),
      );
  });
