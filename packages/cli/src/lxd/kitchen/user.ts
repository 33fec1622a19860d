/** The user that Test Kitchen works as inside, and its key where SSH is wanted. */
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { resolve } from 'node:path';
import type { Instance } from '@oreno/lxd';
import { BridgeError } from '../bridge/error.ts';
import type { Context } from './context.ts';

const add = `
id "$1" >/dev/null 2>&1 || useradd --create-home --shell /bin/sh "$1" || adduser -D "$1" || exit
if [ -d /etc/sudoers.d ]; then
  echo "$1 ALL=(ALL) NOPASSWD:ALL" > "/etc/sudoers.d/kitchen-$1" && chmod 0440 "/etc/sudoers.d/kitchen-$1"
fi
`;

/** Makes the user where it is not there; it may do everything by sudo where the instance has that. */
export const makeUser = async (instance: Instance, username: string, signal?: AbortSignal): Promise<void> => {
  if (!/^[a-z_][a-z0-9_-]{0,31}$/.test(username)) {
    throw new BridgeError('invalid-config', `username: ${JSON.stringify(username)} is no name of a user.`);
  }
  const { exitCode, stderr } = await instance.run(['sh', '-c', add, 'user', username], { signal, anyExitCode: true });
  if (exitCode === 0) return;
  throw new BridgeError(
    'lxd',
    `The user ${username} cannot be made in ${instance.name}: ${stderr.trim().replaceAll('\n', '; ')}.`,
    {
      remedy: 'The image needs useradd or adduser, or that user; or leave username out.',
    },
  );
};

const admit = `
home=$(getent passwd "$1" 2>/dev/null | cut -d: -f6); [ -n "$home" ] || home=/root
file=$home$2; folder=$(dirname "$file")
mkdir -p "$folder" && chmod 700 "$folder" && touch "$file" && chmod 600 "$file" || exit
grep -qxF "$3" "$file" || printf '%s\\n' "$3" >> "$file"
chown -R "$1" "$folder"
`;

/** The key of the user, for the ssh transport. Throws a BridgeError that names the file. */
export const publicKey = ({ config, subject }: Context): string => {
  const file = resolve(subject.root, config.publicKeyPath.replace(/^~(?=\/)/, homedir()));
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new BridgeError('invalid-config', `public_key_path: ${file} cannot be read.`, {
      remedy: 'Make a key with ssh-keygen, or use the transport lxd, which needs none.',
      cause: error,
    });
  }
};

/** Lets it in. */
export const admitKey = async (instance: Instance, context: Context): Promise<void> => {
  const { config, call } = context;
  const key = publicKey(context);
  const path = `/${config.authorizedKeysPath.replace(/^\//, '')}`;
  await instance.run(['sh', '-c', admit, 'key', config.username, path, key], { signal: call.signal });
};
