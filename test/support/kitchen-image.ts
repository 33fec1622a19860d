/** The image of the Test Kitchen tests: Debian with what the provisioners and verifiers work with, so that none fetches it. */
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TestLxd } from './lxd.ts';

const run = promisify(execFile);

/** Alias of the image that {@link importKitchenImage} imports. */
export const kitchenImage = 'oreno-test-kitchen';

const system = 'systemd-sysv,dbus,iproute2,sudo,ifupdown,isc-dhcp-client,busybox-static';
const tools = 'ansible-core,puppet-agent,ruby-serverspec,bats,cloud-init';

const metadata = `architecture: ${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}
creation_date: 1
properties: {os: debian, release: bookworm, description: Debian with Ansible, Puppet, Serverspec and BATS}
`;

/** The data of LXD only, and no more done with it than the tests look at: every boot waits for it. */
const cloudConfig = `datasource_list: [LXD]
cloud_init_modules: [write-files]
cloud_config_modules: [runcmd]
cloud_final_modules: [scripts-user]
`;

interface ImageFiles {
  readonly metadata: string;
  readonly rootfs: string;
}

let built: Promise<ImageFiles> | undefined;

/** Imports the image where it is not there; it is built once in a process, which takes about a minute. */
export const importKitchenImage = async ({ lxd }: TestLxd): Promise<void> => {
  if ((await lxd.images.byAlias(kitchenImage)) !== undefined) return;
  built ??= build();
  await lxd.images.import(await built, { alias: kitchenImage });
};

const build = async (): Promise<ImageFiles> => {
  const folder = await mkdtemp(join(tmpdir(), 'oreno-kitchen-image-'));
  process.once('exit', () => {
    try {
      rmSync(folder, { recursive: true, force: true });
    } catch {
      // A build that was interrupted still holds its mounts.
    }
  });
  const sources = await readFile('/etc/apt/sources.list.d/debian.sources', 'utf8').catch(() => '');
  // The machine's own mirror where it names one, mmdebstrap's otherwise.
  const mirror = /^URIs:\s*(\S+)/m.exec(sources)?.slice(1) ?? [];
  const options = ['--quiet', '--mode=root', '--variant=minbase', '--aptopt=APT::Install-Recommends "false"'];
  const leave = ['doc', 'man', 'locale'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`);
  const tree = join(folder, 'rootfs');
  const include = `--include=${system},${tools}`;
  await run('mmdebstrap', [...options, ...leave, include, 'bookworm', tree, ...mirror], { maxBuffer: 1 << 24 });
  await writeFile(join(tree, 'etc/cloud/cloud.cfg.d/99-test.cfg'), cloudConfig);
  for (const name of ['hostname', 'resolv.conf']) await rm(join(tree, 'etc', name), { force: true });
  await writeFile(join(folder, 'metadata.yaml'), metadata);
  const files = { metadata: join(folder, 'metadata.tar'), rootfs: join(folder, 'rootfs.squashfs') };
  await run('tar', ['-C', folder, '-cf', files.metadata, 'metadata.yaml']);
  const fast = ['-comp', 'zstd', '-Xcompression-level', '3', '-quiet', '-no-progress'];
  await run('mksquashfs', [tree, files.rootfs, ...fast]);
  await rm(tree, { recursive: true, force: true });
  return files;
};
