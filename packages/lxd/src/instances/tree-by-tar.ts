/** Folders and files between this machine and a running instance: one tar stream through one command, at its speed. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { errorOf, LxdError, NotFoundError } from '../errors.ts';
import type { ExecOptions, ExecSession } from '../exec.ts';

export interface TreeOptions {
  readonly signal?: AbortSignal | undefined;
  /** Owner inside, of what is pushed; root when absent. */
  readonly owner?: { readonly uid: number; readonly gid: number } | undefined;
  /** Told how many bytes have passed. */
  readonly onBytes?: ((sum: number) => void) | undefined;
}

const sigkill = 9;

/** An instance that runs commands. */
export interface Runner {
  readonly name: string;
  exec(command: readonly string[], options?: ExecOptions): Promise<ExecSession>;
}

/** Pushes files and folders; where to is decided inside. Throws an LxdError of code 127 where sh or tar is missing. */
export const pushByTar = async (
  instance: Runner,
  sources: readonly string[],
  target: string,
  options: TreeOptions = {},
): Promise<void> => {
  const groups = Map.groupBy(sources, dirname);
  const [only] = sources;
  const name = sources.length === 1 && only !== undefined ? basename(only) : '';
  for (const [folder, members] of groups) {
    const names = members.map((member) => `./${basename(member)}`);
    await pushArchive(instance, () => tarOf(folder, names, options), { target, single: name }, options);
  }
};

const ownership = ({ owner }: TreeOptions): readonly string[] =>
  owner === undefined ? ['--owner=0', '--group=0'] : [`--owner=:${owner.uid}`, `--group=:${owner.gid}`];

const tarOf = (folder: string, names: readonly string[], options: TreeOptions): ChildProcess =>
  spawn('tar', ['-C', folder, '--numeric-owner', ...ownership(options), '-cf', '-', '--', ...names], {
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });

/**
 * Runs inside: unpacks aside, and moves into place what came whole. $1 target, $2 the name of a single source or nothing.
 * Where the connection is cut the server kills the outer shell alone; the inner one sees its input end, and tidies up.
 */
const unpack = `
target=$1 single=$2
work() {
  case $target in */) into=yes ;; *) if [ -d "$target" ] || [ -z "$single" ]; then into=yes; else into=; fi ;; esac
  folder=$target
  if [ -z "$into" ]; then folder=$(dirname "$target"); fi
  mkdir -p "$folder" || exit
  work=$(mktemp -d "$folder/.oreno-push-XXXXXX") || exit
  trap 'rm -rf "$work"' EXIT
  tar -xf - -C "$work" || exit
  kill -0 $$ || exit
  if [ -z "$into" ]; then mv -f "$work/$single" "$target"; exit; fi
  for each in "$work"/* "$work"/.[!.]* "$work"/..?*; do
    name=\${each##*/}
    if [ -d "$each" ] && [ ! -L "$each" ] && [ -d "$folder/$name" ]; then
      tar -C "$work" -cf - "./$name" | tar -xf - -C "$folder" || exit
    elif [ -e "$each" ] || [ -L "$each" ]; then
      mv -f "$each" "$folder/" || exit
    fi
  done
}
exec 3<&0
(work) <&3 3<&- &
exec 3<&- 0</dev/null
wait $!
`;

const pushArchive = async (
  instance: Runner,
  pack: () => ChildProcess,
  where: { readonly target: string; readonly single: string },
  options: TreeOptions,
): Promise<void> => {
  const session = await instance.exec(['sh', '-c', unpack, 'push', where.target, where.single], {
    signal: options.signal,
    environment: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
  });
  // Not before somebody reads: what a process has written when it ends, and nobody took, is thrown away.
  const tar = pack();
  const said = collect(tar);
  session.stdout.resume();
  let words = '';
  session.stderr.setEncoding('utf8').on('data', (text: string) => (words += text));
  if (tar.stdout === null) throw new TypeError('tar has no output');
  count(tar, options);
  // A command that ended early tells why by its exit code.
  const sent = pipeline(tar.stdout, session.stdin).catch(() => {});
  const code = await session.exitCode.finally(() => tar.kill());
  await Promise.all([sent, said.ended]);
  if (code === 0 && said.code() === 0) return;
  const why = words.trim() || said.words() || `tar ended with exit code ${code}`;
  const hint = code === 127 ? 'The instance needs sh and tar.' : '';
  if (hint === '') throw errorOf(`pushing to ${where.target} failed: ${why}`, { subject: instance.name });
  throw new LxdError(`pushing to ${where.target} failed: ${why}`, { subject: instance.name, code }, hint);
};

/** Pulls one file or folder, by its own name, into a folder here. */
export const pullByTar = async (
  instance: Runner,
  source: string,
  into: string,
  options: TreeOptions = {},
): Promise<void> => {
  const session = await instance.exec(['tar', '-C', dirname(source), '-cf', '-', `./${basename(source)}`], {
    signal: options.signal,
  });
  session.stdin.on('error', () => {}).end();
  // Of its own group: an interrupt at the terminal is for the caller, who ends the work in order.
  const tar = spawn('tar', ['-C', into, '--no-same-owner', '-xf', '-'], {
    stdio: ['pipe', 'ignore', 'pipe'],
    detached: true,
  });
  const said = collect(tar);
  let words = '';
  session.stderr.setEncoding('utf8').on('data', (text: string) => (words += text));
  let sum = 0;
  session.stdout.on('data', (chunk: Buffer) => options.onBytes?.((sum += chunk.length)));
  if (tar.stdin === null) throw new TypeError('tar has no input');
  // A disk that is full, for one: what is not taken any more need not be sent.
  const received = pipeline(session.stdout, tar.stdin).catch(() => session.kill(sigkill));
  let code: number;
  try {
    code = await session.exitCode;
  } finally {
    await Promise.all([received, said.ended]);
  }
  if (code === 0 && said.code() === 0) return;
  if (/no such file/i.test(words)) {
    throw new NotFoundError('there is no such file or folder in the instance', {
      subject: `${instance.name}:${source}`,
    });
  }
  const why = words.trim() || said.words() || `tar ended with exit code ${code}`;
  const hint = code === 127 ? 'The instance needs tar.' : '';
  // What the tar of this machine says is its cause.
  const details = { subject: instance.name, code, cause: new Error(said.words()) };
  throw new LxdError(`pulling ${join(source)} failed: ${why}`, details, hint);
};

const collect = (tar: ChildProcess) => {
  let words = '';
  let exitCode: number | null = null;
  tar.stderr?.setEncoding('utf8').on('data', (text: string) => (words += text));
  tar.on('error', (error) => (words += error.message));
  tar.on('exit', (code) => (exitCode = code));
  return { ended: once(tar, 'close').catch(() => {}), words: () => words.trim(), code: () => exitCode };
};

const count = (tar: ChildProcess, { onBytes }: TreeOptions): void => {
  if (onBytes === undefined) return;
  let sum = 0;
  tar.stdout?.on('data', (chunk: Buffer) => onBytes((sum += chunk.length)));
};
