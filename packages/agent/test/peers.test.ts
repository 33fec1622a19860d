import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { createAgentState } from '../src/domain/agent-state.ts';
import { withPeers } from '../src/endpoints/peers.ts';
import { aContainer, anIdentity, aTask } from './support/task-fixtures.ts';

const listen = async (handler: RequestListener) => {
  const server = createServer(handler);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  };
  return { port, close };
};

test('what belongs to another agent of the machine is asked of it, bodies and all, and never in a circle', async () => {
  const ports: number[] = [];
  const agentWith = async (metadataId: string) => {
    const state = createAgentState(anIdentity);
    state.putTask(aTask({ containers: [aContainer({ metadataId })] }));
    const handler: RequestListener = (request, response) => {
      const known = (request.url ?? '').includes(metadataId);
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        response
          .writeHead(known ? 200 : 404)
          .end(`${metadataId} ${request.method} ${Buffer.concat(chunks).toString()}`);
      });
    };
    const server = await listen(withPeers({ state, ports: () => ports }, handler));
    ports.push(server.port);
    return server;
  };
  const agents = [await agentWith('one'), await agentWith('two')];
  const ask = async (path: string, init?: RequestInit) => {
    const response = await fetch(`http://127.0.0.1:${agents[0]?.port}${path}`, init);
    return [response.status, await response.text()];
  };
  assert.deepEqual(await ask('/v4/one/task'), [200, 'one GET ']);
  assert.deepEqual(await ask('/v4/two/task'), [200, 'two GET ']);
  assert.deepEqual(await ask('/v2/credentials/two'), [200, 'two GET ']);
  const put = { method: 'PUT', body: '{"ProtectionEnabled":true}' };
  assert.deepEqual(await ask('/api/two/task-protection/v1/state', put), [200, `two PUT ${put.body}`]);
  assert.deepEqual(await ask('/v4/three'), [404, 'one GET ']);
  for (const { close } of agents) await close();
});
