/**
 * What every server must do for the client, whatever it is: run against the fake, the real LXD and, by hand, Incus. It
 * needs an image whose instances have sh, cat and tar or nothing (then trees go file by file), and leaves nothing behind.
 */
import assert from 'node:assert/strict';
import { lstat, mkdir, mkdtemp, readFile, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import {
  ChangedError,
  ConflictError,
  LxdError,
  NotFoundError,
  NotSupportedError,
  type Instance,
  type Lxd,
  type LxdEvent,
} from '@oreno/lxd';

export interface ContractServer {
  readonly lxd: Lxd;
  /** Alias of the image. */
  readonly image: string;
  stop(): Promise<void>;
}

export const contract = (title: string, start: () => Promise<ContractServer>): void => {
  describe(title, () => {
    let server: ContractServer;
    let lxd: Lxd;
    let web: Instance;
    let folder: string;
    before(async () => {
      server = await start();
      lxd = server.lxd;
      folder = await mkdtemp(join(tmpdir(), 'oreno-contract-'));
      web = lxd.instance('web');
      await lxd.instances.create({ name: 'web', source: { image: server.image }, config: { 'user.number': 1 } });
      await web.start();
    });
    after(async () => {
      await web.stop({ force: true }).then(() => web.delete());
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    });

    it('tells what it is and what it lacks', async () => {
      assert.match(lxd.server.environment.server, /^(lxd|incus)$/);
      assert.equal(lxd.has('etag'), true);
      assert.throws(() => lxd.need('no_such_extension'), NotSupportedError);
      const calls = [
        ['storage_buckets', () => lxd.storagePools.buckets('default').list()],
        ['network_load_balancer', () => lxd.networks.loadBalancers('none').list()],
        ['network_allocations', () => lxd.networks.allocations()],
      ] as const;
      for (const [extension, call] of calls) {
        if (lxd.has(extension)) continue;
        await assert.rejects(call, (error) => {
          assert.ok(error instanceof NotSupportedError);
          assert.match(error.message, new RegExp(`has no API extension ${extension}`));
          return true;
        });
      }
    });

    it('launches, renames, stops and deletes, and refuses what does not fit', async () => {
      const source = { image: server.image };
      await lxd.instances.create({ name: 'job', source, config: { 'user.on': true }, description: 'a job' });
      const job = lxd.instance('job');
      const made = await job.get();
      assert.deepEqual([made.status, made.config['user.on'], made.description], ['Stopped', 'true', 'a job']);
      await assert.rejects(async () => lxd.instances.create({ name: 'job', source }), ConflictError);
      await assert.rejects(
        async () => lxd.instances.create({ name: 'other', source: { image: 'none' } }),
        NotFoundError,
      );
      await assert.rejects(async () => lxd.instances.create({ name: 'no name', source: { empty: true } }), LxdError);
      await job.start();
      assert.equal((await job.state()).status, 'Running');
      await assert.rejects(async () => job.delete(), LxdError);
      await job.freeze();
      assert.equal((await job.state()).status, 'Frozen');
      await job.unfreeze();
      await job.stop({ force: true });
      await job.rename('done');
      const names = (await lxd.instances.list()).map(({ name }) => name);
      assert.deepEqual(names.toSorted(), ['done', 'web']);
      await lxd.instance('done').delete();
      await assert.rejects(lxd.instance('done').get(), (error) => {
        assert.ok(error instanceof NotFoundError);
        assert.deepEqual([error.code, error.subject, error.operation], [404, 'done', 'GET /1.0/instances/done']);
        return true;
      });
      await assert.rejects(async () => lxd.instance('none').start(), NotFoundError);
    });

    it('loses no update of writers at the same time', async () => {
      await Promise.all(
        ['a', 'b', 'c'].map((key) => web.update(({ config }) => ({ config: { ...config, [`user.${key}`]: key } }))),
      );
      const { config } = await web.get();
      assert.deepEqual([config['user.a'], config['user.b'], config['user.c']], ['a', 'b', 'c']);
      const path = '/instances/web';
      const { envelope, etag } = await lxd.client.call({ method: 'GET', path });
      await web.update(({ config: before }) => ({ config: { ...before, 'user.d': 'd' } }));
      const stale = { method: 'PUT', path, json: envelope.metadata, headers: { 'if-match': etag } } as const;
      await assert.rejects(lxd.client.call(stale), ChangedError);
    });

    it('runs commands with streams, input, exit code and signals', async () => {
      const script = 'echo "out $WORD"; echo err >&2; cat; exit 3';
      const options = { input: 'in\n', environment: { WORD: 'w' }, anyExitCode: true };
      assert.deepEqual(await web.run(['sh', '-c', script], options), {
        exitCode: 3,
        stdout: 'out w\nin\n',
        stderr: 'err\n',
      });
      await assert.rejects(web.run(['sh', '-c', 'echo why >&2; exit 4']), { code: 4, message: /exit code 4: why/ });
      assert.equal((await web.run(['nonesuch'], { anyExitCode: true })).exitCode, 127);
      const large = Buffer.alloc(1_000_000, 'abcdefghij');
      assert.equal((await web.run(['cat'], { input: large })).stdout, large.toString());
      const quick = await Promise.all(Array.from({ length: 20 }, (_, n) => web.run(['echo', String(n)])));
      assert.deepEqual(
        quick.map(({ stdout }) => stdout),
        Array.from({ length: 20 }, (_, n) => `${n}\n`),
      );
      const session = await web.exec(['sh', '-c', "trap 'exit 5' TERM; echo ready; while :; do sleep 0.05; done"]);
      await new Promise((resolve) => session.stdout.once('data', resolve));
      session.kill(15);
      assert.equal(await session.exitCode, 5);
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 100);
      await assert.rejects(web.run(['sleep', '60'], { signal: controller.signal }), { name: 'AbortError' });
    });

    it('keeps the output of commands that nobody is connected to', async () => {
      const result = await web.record(['sh', '-c', 'echo out; echo err >&2; exit 2']);
      assert.deepEqual(result, { exitCode: 2, stdout: 'out\n', stderr: 'err\n' });
      assert.deepEqual(
        (await web.logs.list()).filter((name) => name.startsWith('exec_')),
        [],
      );
    });

    it('runs no command in an instance that is stopped, but reads and writes its files', async () => {
      await lxd.instances.create({ name: 'still', source: { image: server.image } });
      const still = lxd.instance('still');
      await assert.rejects(still.run(['true']), /not running/i);
      await still.files.write('/root/note', 'kept');
      assert.equal((await still.files.read('/root/note')).toString(), 'kept');
      await moveTree(still);
      await still.delete();
    });

    it('reads, writes, appends and removes files, folders and links', async () => {
      const { files } = web;
      await files.makeDirectory('/tmp/folder', { mode: 0o750 });
      await files.write('/tmp/folder/a', 'hello', { mode: 0o640, uid: 1, gid: 2 });
      await files.write('/tmp/folder/a', ' again', { append: true });
      assert.equal((await files.read('/tmp/folder/a')).toString(), 'hello again');
      assert.deepEqual(await files.info('/tmp/folder/a'), { type: 'file', mode: 0o640, uid: 1, gid: 2 });
      await files.makeSymlink('/tmp/folder/b', 'a');
      assert.equal((await files.info('/tmp/folder/b')).type, 'symlink');
      assert.deepEqual((await files.list('/tmp/folder')).toSorted(), ['a', 'b']);
      await assert.rejects(files.read('/tmp/none'), NotFoundError);
      await assert.rejects(files.write('/tmp/none/a', ''), NotFoundError);
      await assert.rejects(files.remove('/tmp/folder'), LxdError);
      for (const name of ['a', 'b']) await files.remove(`/tmp/folder/${name}`);
      await files.remove('/tmp/folder');
      await assert.rejects(files.info('/tmp/folder'), NotFoundError);
    });

    /** Pushes a tree and pulls it again. */
    const moveTree = async (instance: Instance): Promise<void> => {
      const own = await mkdtemp(join(folder, 'trees-'));
      const tree = join(own, 'tree');
      const back = join(own, 'back');
      await mkdir(join(tree, 'inner'), { recursive: true });
      await mkdir(back);
      await writeFile(join(tree, 'script'), 'run', { mode: 0o755 });
      await writeFile(join(tree, 'inner', 'empty'), '');
      await symlink('script', join(tree, 'link'));
      await instance.files.push(tree, '/tmp/deep/tree');
      await instance.files.push([join(tree, 'script')], '/tmp/deep/');
      assert.deepEqual((await instance.files.list('/tmp/deep')).toSorted(), ['script', 'tree']);
      assert.equal((await instance.files.info('/tmp/deep/tree/script')).mode, 0o755);
      await instance.files.pull('/tmp/deep/tree', back);
      assert.equal(await readFile(join(back, 'tree', 'script'), 'utf8'), 'run');
      assert.equal(await readlink(join(back, 'tree', 'link')), 'script');
      assert.equal((await lstat(join(back, 'tree', 'script'))).mode & 0o777, 0o755);
      await assert.rejects(instance.files.pull('/tmp/none', back), NotFoundError);
      await assert.rejects(instance.files.push(join(folder, 'none'), '/tmp'), NotFoundError);
    };

    it('moves trees of files both ways', () => moveTree(web));

    it('goes back to snapshots, and copies from them', async () => {
      const { files, snapshots } = web;
      await files.write('/root/state', 'before');
      await snapshots.create('clean');
      await files.write('/root/state', 'after');
      await lxd.instances.create({ name: 'older', source: { copy: 'web/clean' } });
      assert.equal((await lxd.instance('older').files.read('/root/state')).toString(), 'before');
      assert.equal((await lxd.instance('older').get()).config['user.number'], '1');
      await lxd.instance('older').delete();
      await snapshots.restore('clean');
      assert.equal((await files.read('/root/state')).toString(), 'before');
      await snapshots.rename('clean', 'first');
      assert.deepEqual(
        (await snapshots.list()).map(({ name }) => name),
        ['first'],
      );
      await snapshots.delete('first');
      await assert.rejects(snapshots.get('first'), NotFoundError);
    });

    it('keeps images under aliases', async () => {
      const image = await lxd.images.byAlias(server.image);
      assert.ok(image);
      assert.ok(image.aliases.some(({ name }) => name === server.image));
      await lxd.images.setAlias('second', image.fingerprint);
      assert.equal((await lxd.images.byAlias('second'))?.fingerprint, image.fingerprint);
      await lxd.images.removeAlias('second');
      assert.equal(await lxd.images.byAlias('second'), undefined);
      await lxd.images.update(image.fingerprint, ({ properties }) => ({ properties: { ...properties, seen: 'yes' } }));
      assert.equal((await lxd.images.get(image.fingerprint)).properties['seen'], 'yes');
      assert.notEqual(await lxd.images.secret(image.fingerprint), '');
      await assert.rejects(lxd.images.get('0'.repeat(64)), NotFoundError);
    });

    it('keeps profiles, projects, volumes, rules and zones alike', async () => {
      const { profiles, projects, networkAcls, networkZones, storagePools } = lxd;
      await profiles.create({ name: 'small', config: { 'limits.cpu': '1' } });
      await assert.rejects(async () => profiles.create({ name: 'small' }), ConflictError);
      await profiles.update('small', ({ config }) => ({ config: { ...config, 'user.a': 'a' } }));
      assert.deepEqual((await profiles.get('small')).config, { 'limits.cpu': '1', 'user.a': 'a' });
      await profiles.rename('small', 'tiny');
      await profiles.delete('tiny');
      await assert.rejects(profiles.get('tiny'), NotFoundError);

      await projects.create({ name: 'blue', config: { 'features.images': 'false', 'features.profiles': 'false' } });
      assert.deepEqual(await lxd.project('blue').instances.list(), []);
      await projects.delete('blue');

      const volumes = storagePools.volumes('default');
      await volumes.create({ name: 'data', config: {} });
      await volumes.snapshots('data').create({ name: 'one' });
      assert.equal((await volumes.snapshots('data').list()).length, 1);
      await volumes.copy('data', 'twin', { volumeOnly: true });
      assert.deepEqual(
        (await volumes.list())
          .map(({ name }) => name)
          .filter((name) => !name.includes('/'))
          .toSorted(),
        ['data', 'twin'],
      );
      for (const name of ['data', 'twin']) await volumes.delete(name);

      const rule = {
        action: 'allow',
        destination_port: '80',
        protocol: 'tcp',
        state: 'enabled',
        source: '',
        destination: '',
        description: '',
        source_port: '',
        icmp_type: '',
        icmp_code: '',
      };
      await networkAcls.create({ name: 'web', ingress: [rule] });
      assert.equal((await networkAcls.get('web')).ingress[0]?.destination_port, '80');
      await networkAcls.delete('web');

      await networkZones.create({ name: 'example.test', config: {} });
      const records = networkZones.records('example.test');
      await records.create({ name: 'www', entries: [{ type: 'A', ttl: 300, value: '192.0.2.1' }] });
      assert.equal((await records.get('www')).entries[0]?.value, '192.0.2.1');
      await records.delete('www');
      await networkZones.delete('example.test');
      assert.ok((await lxd.networks.list()).length > 0);
      assert.ok(Array.isArray(await lxd.warnings.list()));
    });

    it('tells events as they happen', async () => {
      const stopping = new AbortController();
      const seen: LxdEvent[] = [];
      const ready = Promise.withResolvers<void>();
      const options = { types: ['lifecycle'] as const, signal: stopping.signal, onConnect: () => ready.resolve() };
      const reading = (async () => {
        for await (const event of lxd.events(options)) seen.push(event);
      })();
      await ready.promise;
      await web.freeze();
      await web.unfreeze();
      await web.waitFor.until('the events', async () => (seen.length >= 2 ? true : undefined), { timeout: 5_000 });
      stopping.abort();
      await reading;
      const told = seen.map(({ metadata }) => metadata['action']);
      assert.deepEqual(told.slice(0, 2), ['instance-paused', 'instance-resumed']);
    });

    it('keeps templates, measurements and operations', async () => {
      const { templates } = web.metadata;
      await templates.write('motd.tpl', 'hello');
      assert.equal(await templates.read('motd.tpl'), 'hello');
      assert.deepEqual(await templates.list(), ['motd.tpl']);
      await templates.delete('motd.tpl');
      assert.deepEqual(await templates.list(), []);
      assert.ok((await lxd.metrics()).length > 0);
      assert.ok(Array.isArray(await lxd.operations.list()));
      await assert.rejects(lxd.operations.get('00000000-0000-0000-0000-000000000000'), NotFoundError);
    });
  });
};
