/** An LXD image in two files: what it is, and its root file system (LXD documentation, "Image format"). */
import { mkdirSync, writeFileSync } from 'node:fs';
import { arch } from 'node:process';
import { join } from 'node:path';
import { runTool } from './run-tool.ts';

export interface PackedImage {
  readonly metadata: string;
  readonly rootfs: string;
}

export interface PackOptions {
  readonly folder: string;
  /** The folder of the root file system. */
  readonly rootfs: string;
  readonly suite: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly signal?: AbortSignal | undefined;
}

const architecture = arch === 'arm64' ? 'aarch64' : 'x86_64';

/** Every instance has a name of its own in these two, also after a copy. */
const templates: Readonly<Record<string, string>> = {
  hostname: '{{ container.name }}\n',
  hosts: '127.0.0.1\tlocalhost\n127.0.1.1\t{{ container.name }}\n::1\tlocalhost ip6-localhost\n',
};

const metadataOf = (suite: string, createdAt: number): object => ({
  architecture,
  creation_date: Math.floor(createdAt / 1000),
  properties: {
    os: 'debian',
    release: suite,
    variant: 'oreno',
    description: `Debian ${suite} with Docker Engine and oreno's agent, for container instances`,
  },
  templates: Object.fromEntries(
    Object.keys(templates).map((name) => [
      `/etc/${name}`,
      { when: ['create', 'copy', 'rename'], create_only: false, template: `${name}.tpl` },
    ]),
  ),
});

/** Packs the image and answers its files. Throws a CommandFailure with a tool's last words. */
export const packImage = async (options: PackOptions): Promise<PackedImage> => {
  const { folder, signal } = options;
  const about = join(folder, 'about');
  mkdirSync(join(about, 'templates'), { recursive: true });
  // JSON is YAML, too.
  const metadata = metadataOf(options.suite, options.createdAt);
  writeFileSync(join(about, 'metadata.yaml'), `${JSON.stringify(metadata, null, 2)}\n`);
  for (const [name, text] of Object.entries(templates)) writeFileSync(join(about, 'templates', `${name}.tpl`), text);
  const files = { metadata: join(folder, 'metadata.tar'), rootfs: join(folder, 'rootfs.squashfs') };
  await runTool(
    'tar',
    ['-C', about, '--owner=0', '--group=0', '-cf', files.metadata, 'metadata.yaml', 'templates'],
    signal,
  );
  const compression = ['-comp', 'zstd', '-Xcompression-level', '3'];
  const quiet = ['-noappend', '-quiet', '-no-progress'];
  await runTool(
    'mksquashfs',
    [options.rootfs, files.rootfs, ...compression, ...quiet, '-wildcards', '-e', 'dev/*'],
    signal,
  );
  return files;
};
