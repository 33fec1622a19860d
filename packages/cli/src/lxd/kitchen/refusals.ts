/** What the server refuses of an instance, said with the key of kitchen.yml that it comes from: pure. */
import type { LxdError } from '@oreno/lxd';
import { BridgeError } from '../bridge/error.ts';
import type { LaunchRequest } from '../launch-spec.ts';

/** Texts of LXD 5 and Incus 6, and what to do about each. */
const remedies: readonly (readonly [RegExp, string])[] = [
  [/network "[^"]*".*not found/i, 'The key network names a network of the server: lxc network list'],
  [/storage pool not found/i, 'The key storage names a pool of the server: lxc storage list'],
  [/source path/i, "A source in mounts is an absolute path, and a folder of the server's machine."],
  [/address already in use|proxy device/i, 'Another program may have the port: choose another of the host in ports.'],
  [/forkstart/, 'Its limits may be too tight, or a key in config (raw.lxc) is not what LXC understands.'],
  [
    /instance name/i,
    'instance_name (container_name) has up to 63 letters, digits and hyphens, and begins with a letter.',
  ],
  [/not within network/i, 'The key ipv4 is an address of the network that eth0 is on.'],
  [/invalid device type/i, 'Each of devices needs a type, like disk or nic.'],
  [/doesn't match instance type/i, 'The key vm goes with an image of a virtual machine, and only with that.'],
  [
    /idmapped storage|no space left|quota/i,
    'The key limits.disk, or the storage pool, may be too small for the image.',
  ],
  [/profile ("[^"]*" )?not found/i, 'The key profiles names profiles of the server: lxc profile list'],
];

/** The refusal with its remedy; undefined where the server's own text is all that can be said. */
export const explainRefusal = (error: LxdError, request: LaunchRequest): BridgeError | undefined => {
  const { operation, subject, text } = error;
  const known = remedies.find(([pattern]) => pattern.test(text))?.[1];
  const remedy = known ?? (/invalid|unknown configuration/i.test(text) ? askedWith(request) : undefined);
  if (remedy === undefined) return undefined;
  const what = [operation, subject].filter(Boolean).join(' ');
  return new BridgeError('lxd', `${what}: ${text}.`, { remedy, cause: error });
};

/** LXD tells a wrong value, and not the key that has it. */
const askedWith = ({ limits, config }: LaunchRequest): string | undefined => {
  const given = Object.entries(limits).filter(([, value]) => value !== undefined);
  const words = [...given.map(([key, value]) => `limits: ${key}=${value}`), ...Object.entries(config).map(String)];
  return words.length === 0 ? undefined : `It was asked for with ${words.join('; ')}.`;
};
