/** An image that needs no registry to come from: the host's static busybox, as `docker save` would write it. */
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Writes the archive below a folder and answers its path. */
export const busyboxArchive = async (folder: string): Promise<string> => {
  const work = join(folder, 'busybox-image');
  await mkdir(join(work, 'rootfs/bin'), { recursive: true });
  await copyFile('/bin/busybox', join(work, 'rootfs/bin/busybox'));
  await run('tar', ['-C', join(work, 'rootfs'), '--owner=0', '--group=0', '-cf', join(work, 'layer.tar'), '.']);
  const layer = createHash('sha256')
    .update(await readFile(join(work, 'layer.tar')))
    .digest('hex');
  const architecture = process.arch === 'arm64' ? 'arm64' : 'amd64';
  const rootfs = { type: 'layers', diff_ids: [`sha256:${layer}`] };
  const config = { architecture, os: 'linux', config: { Cmd: ['/bin/busybox', 'sh'] }, rootfs };
  await writeFile(join(work, 'config.json'), JSON.stringify(config));
  const manifest = [{ Config: 'config.json', RepoTags: ['busybox:1'], Layers: ['layer.tar'] }];
  await writeFile(join(work, 'manifest.json'), JSON.stringify(manifest));
  const archive = join(folder, 'busybox.tar');
  await run('tar', ['-C', work, '-cf', archive, 'manifest.json', 'config.json', 'layer.tar']);
  return archive;
};
