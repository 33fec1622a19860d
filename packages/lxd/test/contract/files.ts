/** Files and trees of instances, running and stopped. */
import assert from 'node:assert/strict';
import { lstat, mkdir, mkdtemp, readdir, readFile, readlink, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { it } from 'node:test';
import { LxdError, NotFoundError, type Instance } from '@oreno/lxd';
import type { ContractWorld } from './world.ts';

/** Pushes a tree and pulls it again. */
const moveTree = async (folder: string, instance: Instance): Promise<void> => {
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
  // What is there already is written over, and keeps what else it has.
  await writeFile(join(tree, 'script'), 'run again', { mode: 0o755 });
  await instance.files.push(tree, '/tmp/deep');
  await instance.files.push(tree, '/tmp/new/');
  assert.deepEqual(await instance.files.list('/tmp/new'), ['tree']);
  await writeFile(join(back, 'tree', 'own'), 'kept');
  await instance.files.pull('/tmp/deep/tree', back);
  assert.equal(await readFile(join(back, 'tree', 'script'), 'utf8'), 'run again');
  assert.equal(await readFile(join(back, 'tree', 'own'), 'utf8'), 'kept');
  await instance.files.pull('/tmp/deep/tree/script', join(back, 'renamed'));
  assert.deepEqual((await readdir(back)).toSorted(), ['renamed', 'tree']);
  assert.deepEqual((await instance.files.list('/tmp/deep')).toSorted(), ['script', 'tree']);
  await assert.rejects(instance.files.pull('/tmp/none', back), NotFoundError);
  await assert.rejects(instance.files.pull('/tmp/deep', join(back, 'none', 'deep')), NotFoundError);
  assert.deepEqual((await readdir(back)).toSorted(), ['renamed', 'tree']);
  await assert.rejects(instance.files.push(join(folder, 'none'), '/tmp'), NotFoundError);
};

export const files = (world: () => ContractWorld): void => {
  it('runs no command in an instance that is stopped, but reads and writes its files', async () => {
    const { lxd, image, folder } = world();
    await lxd.instances.create({ name: 'still', source: { image } });
    const still = lxd.instance('still');
    await assert.rejects(still.run(['true']), /not running/i);
    await still.files.write('/root/note', 'kept');
    assert.equal((await still.files.read('/root/note')).toString(), 'kept');
    await moveTree(folder, still);
    await still.delete();
  });

  it('reads, writes, appends and removes files, folders and links', async () => {
    const { files } = world().web;
    await files.makeDirectory('/tmp/folder', { mode: 0o750 });
    await files.write('/tmp/folder/a', 'hello', { mode: 0o640, uid: 1, gid: 2 });
    await files.write('/tmp/folder/a', ' again', { append: true });
    assert.equal((await files.read('/tmp/folder/a')).toString(), 'hello again');
    assert.deepEqual(await files.info('/tmp/folder/a'), { type: 'file', mode: 0o640, uid: 1, gid: 2 });
    await files.makeSymlink('/tmp/folder/b', 'a');
    assert.equal((await files.info('/tmp/folder/b')).type, 'symlink');
    assert.deepEqual((await files.list('/tmp/folder')).toSorted(), ['a', 'b']);
    await files.write('/tmp/folder/b', 'whole', { whole: true, mode: 0o600 });
    assert.deepEqual(await files.info('/tmp/folder/b'), { type: 'file', mode: 0o600, uid: 0, gid: 0 });
    assert.equal((await files.read('/tmp/folder/a')).toString(), 'hello again');
    await assert.rejects(files.read('/tmp/none'), NotFoundError);
    await assert.rejects(files.write('/tmp/none/a', ''), NotFoundError);
    await assert.rejects(files.remove('/tmp/folder'), LxdError);
    for (const name of ['a', 'b']) await files.remove(`/tmp/folder/${name}`);
    await files.remove('/tmp/folder');
    await assert.rejects(files.info('/tmp/folder'), /web:\/tmp\/folder: there is no such file/);
  });

  it('moves trees of files both ways', async () => {
    const { web, folder } = world();
    await moveTree(folder, web);
  });
};
