/**
 * The root file system of the instance image: Debian with systemd and Docker Engine, oreno's agent as a unit. The
 * counterpart of the ECS-optimized AMI (ECS developer guide, "Amazon ECS-optimized Linux AMIs").
 */
import { cpSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { copyProgram } from './program-files.ts';
import { runTool } from './run-tool.ts';

/** Without recommended packages: udev and AppArmor have no business in a container. */
const packages = [
  'ca-certificates',
  'dbus',
  'docker.io',
  'ifupdown',
  'iproute2',
  'iptables',
  'isc-dhcp-client',
  'procps',
  'systemd-sysv',
];

const enabled = ['oreno-cgroups.service', 'oreno-agent.service'];
/** What a container can neither do nor needs. */
const masked = [
  'systemd-udevd.service',
  'sys-kernel-debug.mount',
  'sys-kernel-tracing.mount',
  'dev-hugepages.mount',
  'e2scrub_reap.service',
];

export interface RootFileSystemOptions {
  /** The folder to make it in; must not be there yet. */
  readonly target: string;
  /** A release of Debian, for example `bookworm`. */
  readonly suite: string;
  /** A mirror; where absent, the one that this machine's own package manager uses, if it runs Debian. */
  readonly mirror?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

const checkout = resolve(import.meta.dirname, '../../../../..');
const overlay = resolve(import.meta.dirname, '../../../instance-image/overlay');

const ownSources = ['/etc/apt/sources.list.d/debian.sources', '/etc/apt/sources.list'];

/** Installs Debian. Throws a CommandFailure with the tool's last words. */
export const installDebian = async ({ target, suite, mirror, signal }: RootFileSystemOptions): Promise<void> => {
  const source = mirror ?? ownSources.find((file) => existsSync(file));
  await runTool(
    'mmdebstrap',
    [
      '--quiet',
      '--mode=root',
      '--variant=minbase',
      '--format=directory',
      '--aptopt=APT::Install-Recommends "false"',
      ...['doc', 'man', 'locale', 'info'].map((part) => `--dpkgopt=path-exclude=/usr/share/${part}/*`),
      `--include=${packages.join(',')}`,
      suite,
      target,
      ...(source === undefined ? [] : [source]),
    ],
    signal,
  );
};

/** Puts oreno into it, enables its units, and takes out what would make all instances the same machine. */
export const installOreno = (target: string): void => {
  cpSync(overlay, target, { recursive: true });
  copyProgram(checkout, join(target, 'opt/oreno'));
  mkdirSync(join(target, 'etc/oreno'), { mode: 0o700 });
  const units = join(target, 'etc/systemd/system');
  const wants = join(units, 'multi-user.target.wants');
  mkdirSync(wants, { recursive: true });
  for (const unit of enabled) symlinkSync(`/etc/systemd/system/${unit}`, join(wants, unit));
  for (const unit of masked) symlinkSync('/dev/null', join(units, unit));
  for (const file of ['etc/hostname', 'etc/resolv.conf', 'var/lib/dbus/machine-id']) {
    rmSync(join(target, file), { force: true });
  }
  writeFileSync(join(target, 'etc/machine-id'), '');
};
