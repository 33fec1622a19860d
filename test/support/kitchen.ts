/** The real Test Kitchen on a real LXD: a project folder, an image with Ansible in it, and the `kitchen` command. */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { TestLxd } from './lxd.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');

export interface KitchenRun {
  readonly code: number;
  /** Both streams. */
  readonly output: string;
}

export interface KitchenProject {
  readonly folder: string;
  /** Runs `kitchen` to its end. */
  kitchen(...words: readonly string[]): Promise<KitchenRun>;
  /** Starts `kitchen` in the background. */
  start(...words: readonly string[]): ChildProcess;
  write(file: string, content: string): Promise<void>;
  remove(): Promise<void>;
}

/** Brings the gems, once. Rejects where RubyGems cannot be reached. */
export const installKitchen = async (): Promise<string> =>
  (await run(join(root, 'kitchen-lxd/test/gems'))).stdout.trim();

/** A project with the given files. */
export const kitchenProject = async (
  world: TestLxd,
  gems: string,
  files: Readonly<Record<string, string>>,
): Promise<KitchenProject> => {
  const folder = await mkdtemp(join(tmpdir(), 'oreno-kitchen-'));
  const write = async (file: string, content: string): Promise<void> => {
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), content, { mode: 0o755 });
  };
  for (const [file, content] of Object.entries(files)) await write(file, content);
  const start = (...words: readonly string[]): ChildProcess =>
    spawn(join(gems, 'bin/kitchen'), words, {
      cwd: folder,
      env: {
        ...process.env,
        GEM_HOME: gems,
        RUBYLIB: join(root, 'kitchen-lxd/lib'),
        // Test Kitchen 4.1 leaves this out, and Debian's Ruby does not bring it by itself.
        RUBYOPT: '-rtime',
        LXD_DIR: world.folder,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  const kitchen = (...words: readonly string[]): Promise<KitchenRun> =>
    new Promise((resolve, reject) => {
      const child = start(...words);
      let output = '';
      for (const stream of [child.stdout, child.stderr])
        stream?.on('data', (chunk: Buffer) => (output += String(chunk)));
      child.once('error', reject);
      child.once('close', (code) => resolve({ code: code ?? -1, output }));
    });
  return { folder, kitchen, start, write, remove: () => rm(folder, { recursive: true, force: true }) };
};

const metadata = `architecture: ${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}
creation_date: 1
properties: {os: debian, release: bookworm, description: Debian with Ansible}
`;

/** Imports an image of Debian with Ansible under the alias, where it is not there; some half a minute. */
export const importAnsibleImage = async ({ lxd }: TestLxd, alias: string): Promise<void> => {
  if ((await lxd.images.byAlias(alias)) !== undefined) return;
  const folder = await mkdtemp(join(tmpdir(), 'oreno-kitchen-image-'));
  try {
    const sources = await readFile('/etc/apt/sources.list.d/debian.sources', 'utf8').catch(() => '');
    // The machine's own mirror where it names one, mmdebstrap's otherwise.
    const mirror = /^URIs:\s*(\S+)/m.exec(sources)?.slice(1) ?? [];
    const options = ['--quiet', '--mode=root', '--variant=minbase', '--aptopt=APT::Install-Recommends "false"'];
    const leave = ['doc', 'man', 'locale'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`);
    const rootfs = join(folder, 'rootfs');
    const include = '--include=systemd-sysv,iproute2,sudo,ansible-core';
    await run('mmdebstrap', [...options, ...leave, include, 'bookworm', rootfs, ...mirror], { maxBuffer: 1 << 24 });
    for (const name of ['hostname', 'resolv.conf']) await rm(join(rootfs, 'etc', name), { force: true });
    await writeFile(join(folder, 'metadata.yaml'), metadata);
    await run('tar', ['-C', folder, '-cf', join(folder, 'metadata.tar'), 'metadata.yaml']);
    const squashfs = join(folder, 'rootfs.squashfs');
    await run('mksquashfs', [rootfs, squashfs, '-comp', 'zstd', '-Xcompression-level', '3', '-quiet', '-no-progress']);
    await lxd.images.import({ metadata: join(folder, 'metadata.tar'), rootfs: squashfs }, { alias });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
