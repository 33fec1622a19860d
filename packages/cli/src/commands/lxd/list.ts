/** `oreno lxd list`: the instances, with state and addresses. */
import type { InstanceInfo } from '@oreno/lxd';
import { printJson, withLxd } from '../../lxd/session.ts';
import type { Target } from '../../lxd/target.ts';
import { table } from '../../table.ts';

export const list = (options: Target & { readonly json: boolean }): Promise<void> =>
  withLxd(options, async (lxd) => {
    const all = (await lxd.instances.list({ withState: true })).toSorted((a, b) => a.name.localeCompare(b.name));
    if (options.json) printJson(all);
    else if (all.length === 0) process.stdout.write('No instances. Launch one: oreno lxd launch IMAGE\n');
    else process.stdout.write(table(['NAME', 'STATUS', 'TYPE', 'ADDRESSES', 'IMAGE'], all.map(row)));
  });

const row = (instance: InstanceInfo): readonly string[] => [
  instance.name,
  instance.status,
  instance.type,
  addressesOf(instance).join(', ') || '-',
  instance.config['image.description'] ?? instance.config['volatile.base_image']?.slice(0, 12) ?? '-',
];

/** Those that others can reach. */
export const addressesOf = ({ state }: Pick<InstanceInfo, 'state'>): readonly string[] =>
  Object.entries(state?.network ?? {})
    .filter(([name]) => name !== 'lo')
    .flatMap(([, { addresses }]) => addresses.filter(({ scope }) => scope === 'global'))
    .map(({ address }) => address);
