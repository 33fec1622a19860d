/** `oreno lxd info`: one instance, or the server when none is named. */
import { printJson, withLxd } from '../../lxd/session.ts';
import type { Target } from '../../lxd/target.ts';
import { addressesOf } from './list.ts';

export const info = (name: string | undefined, options: Target & { readonly json: boolean }): Promise<void> =>
  withLxd(options, async (lxd) => {
    if (name === undefined) {
      const { environment, api_extensions: extensions } = lxd.server;
      if (options.json) printJson(lxd.server);
      else {
        const { server, server_version: version, storage, driver, kernel_version: kernel } = environment;
        print({
          server: `${server} ${version}`,
          address: lxd.address,
          storage: storage || '-',
          driver,
          kernel,
          'api extensions': extensions.length,
        });
      }
      return;
    }
    const instance = await lxd.instance(name).get();
    const state = await lxd.instance(name).state();
    if (options.json) {
      printJson({ ...instance, state });
      return;
    }
    print({
      name,
      status: instance.status,
      type: instance.type,
      architecture: instance.architecture,
      image: instance.config['image.description'] ?? instance.config['volatile.base_image'] ?? '-',
      profiles: instance.profiles.join(', '),
      created: instance.created_at,
      processes: state.processes,
      memory: `${Math.round(state.memory.usage / 2 ** 20)} MiB`,
      addresses: addressesOf({ state }).join(', ') || '-',
    });
  });

const print = (lines: Readonly<Record<string, string | number>>): void => {
  const width = Math.max(...Object.keys(lines).map(({ length }) => length));
  for (const [key, value] of Object.entries(lines)) process.stdout.write(`${key.padEnd(width)}  ${value}\n`);
};
