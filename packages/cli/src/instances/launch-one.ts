/** Launches one machine and waits until it is a container instance; undoes itself when it fails or is interrupted. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Credentials } from '@oreno/aws-wire';
import { NotFoundError, type Lxd } from '@oreno/lxd';
import type { Client } from '../client.ts';
import { CommandFailure } from '../failure.ts';
import { askCredentials } from '../instance-credentials.ts';
import { deregisterGone, fleetOf, keys } from './fleet.ts';
import { createWhole, removeInstance } from '../lxd/launch.ts';
import { agentEnvironment, defaultImage, machineOf, type LaunchRequest } from './launch-plan.ts';

/** What launching works with. */
export interface LaunchTools {
  readonly lxd: Lxd;
  readonly client: Client;
  /** The server as this command reaches it, and the key that it gives credentials for. */
  readonly origin: string;
  readonly credentials: Credentials;
  /** Milliseconds until an instance that has not joined is given up. */
  readonly timeout: number;
  readonly signal: AbortSignal;
}

const credentialsFile = '/etc/oreno/credentials.json';

/** Gives an instance credentials for the next twelve hours; its agent renews them from then on. */
export const putCredentials = async (
  { lxd, origin, credentials }: Pick<LaunchTools, 'lxd' | 'origin' | 'credentials'>,
  name: string,
  region: string,
): Promise<void> => {
  const issued = await askCredentials({ endpoint: origin, region, credentials, name });
  const owner = { mode: 0o600, uid: 0, gid: 0 };
  await lxd.instance(name).files.write(credentialsFile, `${JSON.stringify(issued)}\n`, owner);
};

/** Launches and answers the ARN of the container instance. `tell` is told how far it is. */
export const launchOne = async (
  tools: LaunchTools,
  name: string,
  request: LaunchRequest,
  tell: (text: string) => void,
): Promise<string> => {
  const { lxd, signal } = tools;
  const machine = lxd.instance(name);
  const begun = Date.now();
  const environment = agentEnvironment(name, request);
  tell('copying the image');
  await createWhole(lxd, name, machineOf(name, request), { signal }).catch((error: unknown) => {
    throw error instanceof NotFoundError && /image|alias/i.test(error.text) ? imageMissing(request.image) : error;
  });
  try {
    const owner = { mode: 0o600, uid: 0, gid: 0 };
    await machine.files.write('/etc/oreno/agent.env', environment, owner);
    await putCredentials(tools, name, request.region);
    tell('starting');
    await machine.start({ signal });
    tell('waiting for its agent');
    const arn = await untilJoined(tools, name, request.cluster);
    // It may run tasks by now, and whoever has joined is nobody's leftover: the mark is no reason to end it.
    await machine.update(({ config: { [keys.launching]: _, ...config } }) => ({ config })).catch(() => {});
    return arn;
  } catch (error) {
    // Its agent may have joined by then: tasks would be placed on a machine that is not there.
    await removeInstance(lxd, name)
      .then(() => deregisterGone(tools.client, request.cluster, name, begun))
      .catch(() => {});
    throw error;
  }
};

const imageMissing = (image: string): CommandFailure =>
  new CommandFailure(
    image === defaultImage
      ? `LXD has no image ${image}. Make it, once: oreno instances image build`
      : `LXD has no image ${image}. See those that are there: oreno lxd image list`,
  );

/** Before anything is made: throws a CommandFailure that says how an image is made where there is none. */
export const requireImage = async (lxd: Lxd, image: string): Promise<void> => {
  if ((await lxd.images.byAlias(image)) === undefined) throw imageMissing(image);
};

/** Before anything is made: no agent can join a cluster that is not there. */
export const requireCluster = async (client: Client, cluster: string): Promise<void> => {
  const { clusters = [] } = await client.ecs('DescribeClusters', { clusters: [cluster] });
  if (clusters.some(({ status }) => status === 'ACTIVE')) return;
  throw new CommandFailure(
    `there is no cluster ${cluster}. Make it: oreno aws ecs create-cluster --cluster-name ${cluster}`,
  );
};

const untilJoined = async ({ lxd, client, timeout, signal }: LaunchTools, name: string, cluster: string) => {
  const end = Date.now() + timeout;
  for (;;) {
    const own = (await fleetOf(lxd, client, cluster)).find((each) => each.name === name)?.containerInstance;
    if (own?.status === 'ACTIVE' && own.agentConnected === true) return own.containerInstanceArn ?? '';
    if (Date.now() > end) throw new CommandFailure(await whyNotJoined(lxd, name, timeout));
    await delay(200, undefined, { signal });
  }
};

/** The agent's own last words, where it runs at all. */
const whyNotJoined = async (lxd: Lxd, name: string, timeout: number): Promise<string> => {
  const command = ['journalctl', '--unit', 'oreno-agent', '--output', 'cat', '--lines', '3', '--no-pager'];
  const words = await lxd
    .instance(name)
    .run(command, { anyExitCode: true })
    .then(({ stdout }) => stdout.trim())
    .catch((error: unknown) => String(error));
  return `${name} did not join the cluster within ${timeout / 1000} s, and was removed. Its agent said: ${words || 'nothing'}`;
};
