/**
 * A fake LXD for tests of programs that use the client: a real HTTP server on a unix socket, with state in memory,
 * operations, events and websockets. Instances hold files and run no program: commands are a function of the test.
 *
 * ```ts
 * const fake = await startFakeLxd({ exec: ({ command, stdout }) => (stdout.write(command.join(' ')), 0) });
 * const lxd = await connect({ socket: fake.socket });
 * …
 * await fake.stop();
 * ```
 */
export { startFakeLxd, type FakeFault, type FakeLxd, type FakeLxdOptions, type RecordedCall } from './server.ts';
export type { FakeCommand, FakeExec } from './exec.ts';
export type { FakeFile, FakeFiles } from './files.ts';
export type { FakeInstance } from './instances/instance.ts';
