import assert from 'node:assert/strict';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { BridgeError } from '../src/lxd/bridge/error.ts';
import { serveBridge, type Method } from '../src/lxd/bridge/protocol.ts';

interface Line {
  readonly [member: string]: unknown;
}

/** A bridge with the given methods: what is written to it, and every line that it says until it ends. */
const open = (methods: Readonly<Record<string, Method>>) => {
  const input = new PassThrough();
  const output = new PassThrough();
  const lines: Line[] = [];
  let rest = '';
  output.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) lines.push(JSON.parse(part) as Line);
  });
  const served = serveBridge({
    input,
    output,
    version: '1.2.3',
    methods,
    explain: (error) =>
      error instanceof RangeError ? { code: 'not-found', message: error.message, remedy: 'look again' } : undefined,
  });
  const say = (...messages: readonly unknown[]) => {
    for (const message of messages) input.write(`${typeof message === 'string' ? message : JSON.stringify(message)}\n`);
  };
  const end = async () => {
    input.end();
    await served;
    await sleep(1);
    return lines.slice(1);
  };
  return { say, end, lines };
};

const echo: Method = async (params) => params;

test('it says hello with its version and methods before anything else', async () => {
  const bridge = open({ echo });
  await bridge.end();
  assert.deepEqual(bridge.lines, [{ hello: { protocol: 1, version: '1.2.3', methods: ['echo'] } }]);
});

test('a request is answered under its id; a method without a result answers null', async () => {
  const bridge = open({ echo, quiet: async () => {} });
  bridge.say({ id: 1, method: 'echo', params: { text: 'ä\n' } }, { id: 2, method: 'quiet' });
  assert.deepEqual(await bridge.end(), [
    { id: 1, result: { text: 'ä\n' } },
    { id: 2, result: null },
  ]);
});

test('requests run side by side, and the events of each come in order before its answer', async () => {
  const count: Method = async (params, { emit }) => {
    for (const step of [1, 2]) {
      await sleep(params['pause'] as number);
      await emit('step', step);
    }
    return 'done';
  };
  const bridge = open({ count });
  bridge.say({ id: 1, method: 'count', params: { pause: 30 } }, { id: 2, method: 'count', params: { pause: 1 } });
  await sleep(150);
  const lines = await bridge.end();
  const of = (id: number) => lines.filter((line) => line['id'] === id);
  for (const id of [1, 2])
    assert.deepEqual(of(id), [
      { id, event: 'step', data: 1 },
      { id, event: 'step', data: 2 },
      { id, result: 'done' },
    ]);
  assert.equal(lines[0]?.['id'], 2);
});

test('errors keep their code and remedy; a fault of our own is called internal', async () => {
  const bridge = open({
    known: () => Promise.reject(new BridgeError('invalid-config', 'no such key', { remedy: 'spell it right' })),
    explained: () => Promise.reject(new RangeError('not there')),
    fault: () => Promise.reject(new Error('oops')),
  });
  bridge.say({ id: 1, method: 'known' }, { id: 2, method: 'explained' }, { id: 3, method: 'fault' });
  const lines = await bridge.end();
  const errors = lines.map((line) => line['error'] as Line);
  assert.deepEqual(errors[0], { code: 'invalid-config', message: 'no such key', remedy: 'spell it right' });
  assert.deepEqual(errors[1], { code: 'not-found', message: 'not there', remedy: 'look again' });
  assert.equal(errors[2]?.['code'], 'internal');
  assert.match(String(errors[2]?.['message']), /oops/);
});

const untilAborted: Method = (_params, { signal }) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new Error('stopped')));
  });

test('a request can be cancelled, and the others go on', async () => {
  const bridge = open({ untilAborted, echo });
  bridge.say({ id: 1, method: 'untilAborted' }, { cancel: 1 }, { cancel: 99 }, { id: 2, method: 'echo' });
  await sleep(20);
  assert.deepEqual(
    bridge.lines.slice(1).map((line) => [line['id'], (line['error'] as Line | undefined)?.['code'] ?? 'fine']),
    [
      [1, 'cancelled'],
      [2, 'fine'],
    ],
  );
  await bridge.end();
});

test('the end of the input cancels what is in flight', async () => {
  const bridge = open({ untilAborted });
  bridge.say({ id: 1, method: 'untilAborted' });
  const errors = (await bridge.end()).map((line) => line['error'] as Line);
  assert.equal(errors[0]?.['code'], 'cancelled');
});

test('what is no request is answered without an id, and the bridge lives on', async () => {
  const bridge = open({ echo, untilAborted });
  bridge.say('nonsense', [], { method: 'echo' }, { id: 1 }, { id: 2, method: 'echo', params: [] }, '');
  bridge.say({ id: 3, method: 'nothing' }, { id: 4, method: 'untilAborted' }, { id: 4, method: 'echo' });
  await sleep(20);
  const codes = (await bridge.end()).map((line) => `${String(line['id'])} ${String((line['error'] as Line)['code'])}`);
  const refused = 'null invalid-request';
  assert.deepEqual(codes.toSorted(), ['3 unknown-method', '4 cancelled', ...Array.from({ length: 6 }, () => refused)]);
});

test('a slow reader holds up a fast sender, and a reader that left does not', async () => {
  const input = new PassThrough();
  const output = new PassThrough({ highWaterMark: 1024 });
  let sent = 0;
  const flood: Method = async (_params, { emit }) => {
    for (; sent < 1000; sent++) await emit('output', 'x'.repeat(1000));
  };
  const served = serveBridge({ input, output, version: '1', methods: { flood }, explain: () => undefined });
  input.write('{"id":1,"method":"flood"}\n');
  await sleep(30);
  assert.ok(sent < 10, `${sent} events were sent to nobody`);
  output.destroy();
  input.end();
  await served;
});
