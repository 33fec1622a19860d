/** CloudWatch over a store in a temporary folder, called as the dispatcher calls it, at a time that the test sets. */
import assert from 'node:assert/strict';
import { after, before } from 'node:test';
import { AwsError, type cloudwatch, type RequestContext } from '@oreno/aws-wire';
import { startReconcilers, type AnyReconciler } from '@oreno/reconcile';
import { openTemporaryStore, type Store } from '@oreno/store';
import { openCloudWatch, type CloudWatchRoom } from '../../src/index.ts';

type Ops = cloudwatch.Operations;

export const account = '111122223333';
export const region = 'us-east-1';

export interface CloudWatchUnderTest {
  store(): Store;
  room(): CloudWatchRoom;
  call<Name extends keyof Ops>(operation: Name, input: Ops[Name]['input']): Promise<Ops[Name]['output']>;
  /** The operation answers the error of this code, with a message like `text` where that is given. */
  refuses(operation: keyof Ops, input: object, code: string, text?: RegExp): Promise<void>;
  /** What a server does that was just started: its reconcilers look at everything once. */
  reconcile(...of: readonly ((options: { store: Store; now: () => number }) => AnyReconciler)[]): Promise<void>;
}

/**
 * Opens CloudWatch before the tests of the file or the `describe` it is called in, and closes it behind them.
 * @param now - The time, in milliseconds since 1970.
 */
export const cloudWatchUnderTest = (now: () => number): CloudWatchUnderTest => {
  let store: Store;
  let room: CloudWatchRoom;
  before(async () => {
    store = await openTemporaryStore();
    room = await openCloudWatch({ store, now, log: () => undefined });
  });
  after(async () => {
    await room.stop();
    await store.close();
  });
  const context: RequestContext = {
    account,
    region,
    principal: { type: 'root', arn: 'arn', account, accessKeyId: 'A', userId: 'U' },
    requestId: 'r',
    call: { sourceIp: '127.0.0.1', userAgent: 'test', isSecure: false, time: 0 },
    origin: 'http://127.0.0.1',
    now,
    signal: new AbortController().signal,
  };
  return {
    store: () => store,
    room: () => room,
    call: async (operation, input) => room.service.prepare(operation, input, context).run() as Promise<never>,
    refuses: (operation, input, code, text) =>
      assert.rejects(
        async () => room.service.prepare(operation, input, context).run(),
        (error: unknown) => error instanceof AwsError && error.code === code && (text?.test(error.message) ?? true),
      ),
    reconcile: async (...of) => {
      const host = startReconcilers(
        { store, now, log: () => undefined },
        of.map((make) => make({ store, now })),
      );
      await host.idle();
      await host.stop();
    },
  };
};
