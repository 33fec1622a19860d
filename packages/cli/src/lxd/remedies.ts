/** What a user of the command line does about what LXD tells: in commands, where the library speaks of calls. Pure. */
import { ConflictError, ConnectionError, ForbiddenError, type LxdError } from '@oreno/lxd';

type Remedy = readonly [RegExp, (error: LxdError) => string];

const remedies: readonly Remedy[] = [
  [/(^|: )instance not found/i, () => 'See those that are there: oreno lxd list'],
  [/profile ("[^"]*" )?(not found|doesn't exist)/i, () => 'See those that are there: lxc profile list'],
  [/storage pool not found/i, () => 'See those that are there: lxc storage list'],
  [/network not found/i, () => 'See those that are there: lxc network list'],
  [/project not found/i, () => 'See those that are there: lxc project list'],
  [/instance is not running/i, ({ subject = '' }) => `Start it first: lxc start ${subject}`],
  [
    /unable to limit requested quota group|too small/i,
    () => 'A disk of this size does not hold the image: ask for more.',
  ],
  [
    /has no "limits[.]/i,
    () => 'The project limits it, so that every instance in it has to say how much it wants: --cpu, --memory, --disk',
  ],
  [
    /no root device/i,
    () =>
      'Name a storage pool with --storage, or give the default profile one: lxc storage create default dir, ' +
      'then lxc profile device add default root disk path=/ pool=default',
  ],
  [/invalid cpu limit/i, () => 'Write a number of cores: --cpu 2'],
  [/address already in use/i, () => 'Something listens there already: choose another port with --publish'],
  [
    /unsupported compression|missing metadata[.]yaml|invalid instance type/i,
    () =>
      'An image is one tarball with metadata.yaml and rootfs/ in it, or two files: the tarball with metadata.yaml, ' +
      'then the root file system',
  ],
  [/reached maximum/i, () => 'Delete what is not needed, or raise the limit of the project: lxc project edit NAME'],
  [/no space left on device|quota exceeded/i, () => 'Delete what is not needed, or make the storage pool larger.'],
];

const taken = /already exists|already in use|unique constraint failed/i;

/** LXD 6.9 refuses a name that is taken at once, earlier servers within the operation. */
const creating: ReadonlySet<string | undefined> = new Set(['Creating instance', 'POST /1.0/instances']);

/** The remedy, or nothing where the library's own words will do. */
export const remedyOf = (error: LxdError): string | undefined => {
  const { text, subject = '' } = error;
  if (error instanceof ConflictError && taken.test(text) && creating.has(error.operation)) {
    return `Choose another name, or delete it: oreno lxd delete --force ${subject}`;
  }
  if (error instanceof ForbiddenError) {
    return "Have the server trust this client, on the server's machine: lxc config trust add CLIENT.crt (of ~/.config/lxc)";
  }
  if (error instanceof ConnectionError && /self-signed|certificate (?!routines)/i.test(text)) {
    const [url = 'https://host:8443'] = /https:\/\/[^ ]+?(?=: )/.exec(`${text}: `) ?? [];
    return (
      'If that server is meant, name the certificate that it has now with --server-certificate FILE, ' +
      `or keep it as a remote: lxc remote add NAME ${url}`
    );
  }
  return remedies.find(([pattern]) => pattern.test(text))?.[1](error);
};

// Node's advice is for those who write programs.
const plain = (text: string): string => text.replace(/; if the root CA is installed locally.*$/, '');

/** The whole message of an error of LXD. */
export const messageOf = (error: LxdError): string => {
  const remedy = remedyOf(error);
  if (remedy === undefined) return error.message;
  const { operation = '', subject = '' } = error;
  // The path of a call names the subject once more.
  const what = (subject !== '' && / \/1\.0/.test(operation) ? [subject] : [operation, subject]).join(' ').trim();
  return `${what === '' ? '' : `${what}: `}${plain(error.summary).replace(/[.]?$/, '.')} ${remedy}`;
};
