/** The whole ECS room behind the dispatcher on a free port, for real SDKs: one key, one policy question at a time. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { AwsError, createDispatcher } from '@oreno/aws-wire';
import type { AuthorizationRequest } from '@oreno/aws-wire';
import { openEventWriter } from '@oreno/events';
import { openTemporaryStore } from '@oreno/store';
import { ECSClient } from '@aws-sdk/client-ecs';
import { openEcs } from '../../src/index.ts';
import type { EcsRoom } from '../../src/index.ts';
import { ACCOUNT, REGION, root } from './ecs-calls.ts';

export interface EcsServer {
  readonly client: ECSClient;
  readonly room: EcsRoom;
  readonly origin: string;
  /** What the authorizer was asked, newest last. */
  readonly asked: readonly AuthorizationRequest[];
  /** Resources that the policy denies from now on. */
  readonly denied: Set<string>;
}

const SECRET = 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY';

export const openEcsServer = async (test: TestContext): Promise<EcsServer> => {
  const store = await openTemporaryStore();
  const log = (): void => undefined;
  const asked: AuthorizationRequest[] = [];
  const denied = new Set<string>();
  const authorizer = {
    authorize: async (question: AuthorizationRequest): Promise<void> => {
      asked.push(question);
      if (question.resources.some((resource) => denied.has(resource))) {
        throw new AwsError('AccessDeniedException', `not authorized to perform: ${question.action}`);
      }
    },
  };
  const room = await openEcs({
    store,
    writeEvents: openEventWriter(),
    iam: {
      authorizer,
      issueSession: async () => {
        throw new Error('no task of these tests has a role');
      },
    },
    account: ACCOUNT,
    region: REGION,
    registryHost: 'localhost:4566',
    now: Date.now,
    log,
  });
  const dispatcher = createDispatcher({
    services: [room.service],
    credentials: { lookup: async () => ({ secretAccessKey: SECRET, principal: root }) },
    authorizer,
    now: Date.now,
    log,
  });
  room.connect(dispatcher.authenticate);
  await room.start();
  const http = createServer((request, response) => void dispatcher.handle(request, response));
  await new Promise<void>((resolve) => http.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const client = new ECSClient({
    endpoint: origin,
    region: REGION,
    credentials: { accessKeyId: root.accessKeyId, secretAccessKey: SECRET },
  });
  test.after(async () => {
    client.destroy();
    http.closeAllConnections();
    await new Promise((resolve) => http.close(resolve));
    await room.stop();
    await store.close();
  });
  return { client, room, origin, asked, denied };
};
