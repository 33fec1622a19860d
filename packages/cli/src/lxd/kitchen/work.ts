/** Work inside an instance: commands and files. */
import { randomUUID } from 'node:crypto';
import { StringDecoder } from 'node:string_decoder';
import type { Readable } from 'node:stream';
import type { Context } from './context.ts';
import { list, need } from './values.ts';
import { awake, wake } from './wake.ts';

const environment = {
  HOME: '/root',
  USER: 'root',
  LANG: 'C.UTF-8',
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
};

/** Ends every process that has the mark in its environment: what a command started ends with it. */
const endMarked = `
for each in /proc/[0-9]*; do
  if tr '\\0' '\\n' < "$each/environ" 2>/dev/null | grep -qx "ORENO_CALL=$1"; then kill -9 "\${each#/proc/}"; fi
done
`;

/** A login leaves the environment behind, and with it the mark. */
const remarked = (mark: string, line: string): string =>
  `exec env ORENO_CALL=${mark} sh -c '${line.replaceAll("'", "'\\''")}'`;

/** Runs a command line with a shell, its output as events; answers the exit code, whatever it is. */
export const exec = async (context: Context): Promise<{ readonly exitCode: number }> => {
  const { lxd, name, username, call, params } = context;
  const line = need(params, 'command');
  const mark = randomUUID();
  const command =
    username === 'root' ? ['sh', '-c', line] : ['su', '-s', '/bin/sh', '-', username, '-c', remarked(mark, line)];
  const options = { signal: call.signal, environment: { ...environment, ORENO_CALL: mark }, cwd: '/root' };
  const session = await awake(context, () => lxd.instance(name).exec(command, options));
  const end = (): void =>
    void lxd
      .instance(name)
      .run(['sh', '-c', endMarked, 'end', mark])
      .catch(() => {});
  call.signal.addEventListener('abort', end, { once: true });
  session.stdin.on('error', () => {}).end();
  const forward = async (stream: Readable, label: string): Promise<void> => {
    const decoder = new StringDecoder('utf8');
    for await (const chunk of stream) {
      const words = decoder.write(chunk as Buffer);
      if (words !== '') await call.emit('output', { stream: label, text: words });
    }
    const rest = decoder.end();
    if (rest !== '') await call.emit('output', { stream: label, text: rest });
  };
  const shown = [forward(session.stdout, 'stdout'), forward(session.stderr, 'stderr')];
  const [exitCode] = await Promise.all([session.exitCode, ...shown]);
  return { exitCode };
};

export const upload = async (context: Context): Promise<unknown> => {
  const { lxd, name, username, call, params } = context;
  const sources = list(params, 'sources') ?? [];
  if (sources.length === 0) return {};
  await awake(context, async () => {
    const owner = username === 'root' ? undefined : await idsOf(context);
    await lxd.instance(name).files.push(sources, need(params, 'target'), { signal: call.signal, owner });
  });
  return {};
};

const idsOf = async ({ lxd, name, username }: Context) => {
  const { stdout } = await lxd.instance(name).run(['sh', '-c', 'id -u "$1"; id -g "$1"', 'id', username]);
  const [uid = 0, gid = 0] = stdout.trim().split('\n').map(Number);
  return { uid, gid };
};

export const download = async (context: Context): Promise<unknown> => {
  const { lxd, name, call, params } = context;
  const sources = list(params, 'sources') ?? [];
  await awake(context, () => lxd.instance(name).files.pull(sources, need(params, 'target'), { signal: call.signal }));
  return {};
};

/** Until it runs commands. */
export const ready = async (context: Context): Promise<unknown> => {
  await awake(context, () => wake(context));
  return {};
};
