/**
 * The rules about what reaches into the kernel: ulimits, capabilities, devices, tmpfs, swap, sysctls.
 * Pages: Ulimit, LinuxParameters, KernelCapabilities, Tmpfs and SystemControl in the API reference.
 */
import { firstDuplicate, forEachContainer, invalidCombination, invalidSetting, outside } from '../check.ts';
import type { Check, ContainerCheck } from '../check.ts';

const CAPABILITIES = new Set(
  (
    'ALL AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND BPF CHECKPOINT_RESTORE CHOWN DAC_OVERRIDE DAC_READ_SEARCH ' +
    'FOWNER FSETID IPC_LOCK IPC_OWNER KILL LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN ' +
    'NET_BIND_SERVICE NET_BROADCAST NET_RAW PERFMON SETFCAP SETGID SETPCAP SETUID SYS_ADMIN SYS_BOOT SYS_CHROOT ' +
    'SYS_MODULE SYS_NICE SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG SYSLOG WAKE_ALARM'
  ).split(' '),
);

const TMPFS_OPTIONS = new Set(
  (
    'defaults ro rw suid nosuid dev nodev exec noexec sync async dirsync remount mand nomand atime noatime diratime ' +
    'nodiratime bind rbind unbindable runbindable private rprivate shared rshared slave rslave relatime norelatime ' +
    'strictatime nostrictatime mode uid gid nr_inodes nr_blocks mpol'
  ).split(' '),
);

const IPC_SYSCTL = /^(kernel\.(msgmax|msgmnb|msgmni|sem|shmall|shmmax|shmmni|shm_rmid_forced)|fs\.mqueue\..+)$/;
const NETWORK_SYSCTL = /^net\..+$/;

const ulimits: ContainerCheck = (container) => {
  const limits = container.ulimits ?? [];
  const duplicate = firstDuplicate(limits.map(({ name }) => name));
  if (duplicate !== undefined) return invalidCombination(container, `The ulimit '${duplicate}' is set more than once.`);
  // -1 means unlimited, which is above every number.
  const inverted = limits.find(({ softLimit: soft, hardLimit: hard }) => hard !== -1 && (soft === -1 || soft > hard));
  return inverted === undefined
    ? undefined
    : invalidCombination(container, `The soft limit of ulimit '${inverted.name}' must not exceed its hard limit.`);
};

const capabilities: ContainerCheck = (container) => {
  const { add = [], drop = [] } = container.linuxParameters?.capabilities ?? {};
  const unknown = [...add, ...drop].find((capability) => !CAPABILITIES.has(capability));
  return unknown === undefined ? undefined : invalidCombination(container, `Invalid Linux capability '${unknown}'.`);
};

const devices: ContainerCheck = (container) =>
  container.linuxParameters?.devices?.some(({ hostPath }) => !hostPath.startsWith('/')) === true
    ? invalidCombination(container, 'The host path of a device must be absolute.')
    : undefined;

const memoryParameters: ContainerCheck = (container) => {
  const { maxSwap, swappiness, sharedMemorySize } = container.linuxParameters ?? {};
  if (outside(maxSwap, 0, Number.MAX_SAFE_INTEGER)) return invalidSetting('maxSwap', container);
  if (outside(swappiness, 0, 100)) return invalidSetting('swappiness', container);
  return outside(sharedMemorySize, 1, Number.MAX_SAFE_INTEGER)
    ? invalidSetting('sharedMemorySize', container)
    : undefined;
};

const tmpfs: ContainerCheck = (container) => {
  for (const { containerPath, size, mountOptions = [] } of container.linuxParameters?.tmpfs ?? []) {
    if (!containerPath.startsWith('/')) return invalidCombination(container, 'The path of a tmpfs must be absolute.');
    if (size < 1) return invalidSetting('tmpfs size', container);
    const unknown = mountOptions.find((option) => !TMPFS_OPTIONS.has(option.split('=')[0] ?? ''));
    if (unknown !== undefined) return invalidCombination(container, `Invalid tmpfs mount option '${unknown}'.`);
  }
  return undefined;
};

const systemControls: ContainerCheck = (container, { networkMode, ipcMode }) => {
  for (const { namespace, value } of container.systemControls ?? []) {
    if (namespace === undefined || value === undefined) {
      return invalidCombination(container, 'A system control needs a namespace and a value.');
    }
    const network = NETWORK_SYSCTL.test(namespace);
    if (!network && !IPC_SYSCTL.test(namespace)) {
      return invalidCombination(container, `The system control '${namespace}' is not supported.`);
    }
    if (network && networkMode === 'host') {
      return `The system control '${namespace}' is not supported when networkMode=host.`;
    }
    if (!network && ipcMode === 'host') return `The system control '${namespace}' is not supported when ipcMode=host.`;
  }
  return undefined;
};

const securityOptions: ContainerCheck = (container) => {
  const bad = container.dockerSecurityOptions?.find(
    (option) =>
      !/^(no-new-privileges(:true|:false)?|apparmor:.+|label:.+|seccomp:.+|credentialspec.*:.+)$/.test(option),
  );
  return bad === undefined ? undefined : invalidCombination(container, `Invalid Docker security option '${bad}'.`);
};

export const linuxChecks: readonly Check[] = [
  forEachContainer([ulimits, capabilities, devices, memoryParameters, tmpfs, systemControls, securityOptions]),
];
