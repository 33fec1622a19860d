/**
 * What every server must do for the client, whatever it is: run against the fake, the real LXD and, by hand, Incus. It
 * needs an image whose instances have sh, cat and tar or nothing (then trees go file by file), and leaves nothing behind.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe } from 'node:test';
import { commands } from './commands.ts';
import { eventStreams } from './events.ts';
import { files } from './files.ts';
import { instances } from './instances.ts';
import { resources } from './resources.ts';
import type { ContractServer, ContractWorld } from './world.ts';

export const contract = (title: string, start: () => Promise<ContractServer>): void => {
  describe(title, () => {
    let server: ContractServer;
    let world: ContractWorld;
    before(async () => {
      server = await start();
      const { lxd, image } = server;
      const web = lxd.instance('web');
      world = { lxd, image, web, folder: await mkdtemp(join(tmpdir(), 'oreno-contract-')) };
      await lxd.instances.create({ name: 'web', source: { image }, config: { 'user.number': 1 } });
      await web.start();
    });
    after(async () => {
      await world.web.stop({ force: true }).then(() => world.web.delete());
      await server.stop();
      await rm(world.folder, { recursive: true, force: true });
    });

    for (const part of [instances, commands, files, resources, eventStreams]) part(() => world);
  });
};
