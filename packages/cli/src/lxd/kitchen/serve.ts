/** The bridge's methods for Test Kitchen, and the life of the process that serves them. */
import type { Readable, Writable } from 'node:stream';
import { ConnectionError, LxdError, NotFoundError } from '@oreno/lxd';
import type { BridgeErrorBody } from '../bridge/error.ts';
import { serveBridge, type Method } from '../bridge/protocol.ts';
import { LaunchRequestError } from '../launch-spec.ts';
import { connections, readContext, readRequest, type Context } from './context.ts';
import { create } from './create.ts';
import { doctor } from './doctor.ts';
import { destroy, packageImage, status } from './life.ts';
import { loginWords } from './login.ts';
import { poolFillers } from './pool-filler.ts';
import { keepStage } from './stage.ts';
import { download, exec, ready, upload } from './work.ts';

/** Raised together with the gem's. */
const version = '0.1.0';

/** So many instances start at once; more is no faster on one machine. */
const startsAtOnce = 2;

/** Serves until the input ends. */
export const serveKitchen = async (streams: { readonly input: Readable; readonly output: Writable }): Promise<void> => {
  const { to, close } = connections();
  const starts = gate(startsAtOnce);
  const fillBehind = poolFillers();
  const on =
    (work: (context: Context) => Promise<unknown>): Method =>
    async (params, call) =>
      work(await readContext(params, call, to));
  const methods: Readonly<Record<string, Method>> = {
    // Asks nothing of the server: the name goes into the state file before anything is made.
    name: async (params) => ({ name: readRequest(params).name }),
    // Kitchen becomes the command that this answers.
    login: on(async (context) => {
      await ready(context);
      return { arguments: loginWords(context) };
    }),
    create: on(async (context) => {
      const made = await starts(() => create(context));
      if (context.config.pool > 0) fillBehind(context.params);
      return made;
    }),
    destroy: on(destroy),
    status: on(status),
    exec: on(exec),
    upload: on(upload),
    download: on(download),
    ready: on(ready),
    keep: on(async (context) => ({ kept: await keepStage(context) })),
    package: on(packageImage),
    doctor: on(doctor),
  };
  await serveBridge({ ...streams, version, methods, explain });
  await close();
};

const explain = (error: unknown): BridgeErrorBody | undefined => {
  if (error instanceof LaunchRequestError) return { code: 'invalid-config', message: error.message };
  if (error instanceof ConnectionError) return { code: 'unreachable', message: error.message };
  if (error instanceof NotFoundError) return { code: 'not-found', message: error.message };
  return error instanceof LxdError ? { code: 'lxd', message: error.message } : undefined;
};

/** Lets so many in at once, the others in their order. */
const gate = (places: number) => {
  let free = places;
  const waiting: (() => void)[] = [];
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve));
    else free -= 1;
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
};
