/** The files of an LXD image that needs no server to come from: the host's static busybox, with its applets in /bin. */
import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const owner = ['--owner=0', '--group=0'];

/** Stays until it is told to stop, as an init does: shuts down on SIGPWR (how LXD stops a container) and on SIGTERM. */
const init = `#!/bin/sh
trap 'exit 0' PWR TERM
/bin/busybox ip link set lo up
while :; do /bin/busybox sleep 1000 & wait $!; done
`;

const makeRoot = async (root: string): Promise<void> => {
  for (const name of ['bin', 'sbin', 'dev', 'proc', 'sys', 'tmp', 'etc', 'root', 'run', 'var', 'usr/bin']) {
    await mkdir(join(root, name), { recursive: true });
  }
  await copyFile('/bin/busybox', join(root, 'bin/busybox'));
  const { stdout } = await run('/bin/busybox', ['--list']);
  for (const applet of stdout.split('\n').filter((name) => name !== '' && name !== 'busybox')) {
    await symlink('busybox', join(root, 'bin', applet));
  }
  await writeFile(join(root, 'sbin/init'), init, { mode: 0o755 });
  await writeFile(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n');
  await writeFile(join(root, 'etc/group'), 'root:x:0:\nnogroup:x:65534:\n');
};

/** `made` (seconds of the epoch) makes two images differ. */
const metadataText = (made: number): string => {
  const architecture = process.arch === 'arm64' ? 'aarch64' : 'x86_64';
  const properties = { os: 'busybox', description: 'busybox for tests' };
  return JSON.stringify({ architecture, creation_date: made, properties });
};

/** Writes the image as one tarball into a folder, and answers its path. */
export const unifiedBusybox = async (below: string, made = 1): Promise<string> => {
  const folder = await mkdtemp(join(below, 'unified-'));
  await makeRoot(join(folder, 'rootfs'));
  await writeFile(join(folder, 'metadata.yaml'), metadataText(made));
  const unified = join(folder, 'image.tar.gz');
  await run('tar', ['-C', folder, ...owner, '-czf', unified, 'metadata.yaml', 'rootfs']);
  return unified;
};

/** Writes the image as its metadata and its root file system into a folder, and answers their paths. */
export const splitBusybox = async (
  below: string,
  made = 2,
): Promise<{ readonly metadata: string; readonly rootfs: string }> => {
  const folder = await mkdtemp(join(below, 'split-'));
  await makeRoot(join(folder, 'rootfs'));
  await writeFile(join(folder, 'metadata.yaml'), metadataText(made));
  const [metadata, rootfs] = [join(folder, 'metadata.tar.gz'), join(folder, 'rootfs.tar.gz')];
  await run('tar', ['-C', folder, ...owner, '-czf', metadata, 'metadata.yaml']);
  await run('tar', ['-C', join(folder, 'rootfs'), ...owner, '-czf', rootfs, '.']);
  return { metadata, rootfs };
};
