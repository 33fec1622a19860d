/**
 * What `oreno up` runs in its process: the server, and the agent that joins it as any agent would, with short-lived
 * credentials of a container instance's role. The agent's connection is real, so nothing here knows a shortcut.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { startAgent, type Agent } from '@oreno/agent';
import type { Log } from '@oreno/aws-wire';
import { CannotStart, startServer, type RunningServer, type ScannerOptions } from '@oreno/server';
import { openClient, type Client } from './client.ts';
import { removeNote, writeNote, type DataDir, type RunningNote } from './data-dir.ts';
import { CommandFailure, foreseen } from './failure.ts';
import { ownStartTime } from './processes.ts';
import type { ServerTls } from './tls.ts';
import { trustCa } from './trust-ca.ts';
import { rootFromEnvironment } from './root-key.ts';
import { activateAgain } from './stop-machine-tasks.ts';

export interface NodeOptions {
  readonly tls?: ServerTls | undefined;
  readonly dataDir: DataDir;
  readonly port: number;
  readonly account: string;
  readonly region: string;
  readonly cluster: string;
  readonly dockerHost: string;
  /** Images under Amazon's own names are Amazon's, also of accounts that this server keeps. */
  readonly leavesAmazonNames: boolean;
  readonly scanner?: ScannerOptions | undefined;
}

export interface RunningNode {
  readonly note: RunningNote;
  readonly renewTls: RunningServer['renewTls'];
  stop(): Promise<void>;
}

/** Starts both and answers once the container instance is ACTIVE and connected. Undoes itself when it fails. */
export const startNode = async (options: NodeOptions, log: Log): Promise<RunningNode> => {
  const { dataDir, account, region, cluster } = options;
  trustCa(options.tls?.caFile);
  const server = await startServer({
    tls: options.tls,
    listen: { host: '127.0.0.1', port: options.port },
    dataDir: dataDir.server,
    account,
    region,
    root: rootFromEnvironment(),
    cluster,
    leavesAmazonNames: options.leavesAmazonNames,
    scanner: options.scanner,
    log,
  }).catch(foreseen(CannotStart));
  let agent: Agent | undefined;
  try {
    agent = await joinAgent(options, server, log);
    const { containerInstanceArn } = agent;
    const common = {
      pid: process.pid,
      startTime: ownStartTime(),
      origin: server.origin,
      account,
      region,
      caFile: options.tls?.caFile,
    };
    const note: RunningNote = { ...common, cluster, containerInstanceArn };
    const client = openClient(dataDir, note);
    const status = await untilConnected(client, cluster, containerInstanceArn);
    if (status === 'DRAINING')
      await activateAgain(dataDir, client, { cluster, containerInstance: containerInstanceArn });
    writeNote(dataDir, note);
    return {
      note,
      renewTls: server.renewTls,
      async stop() {
        await agent?.stop();
        await server.stop();
        removeNote(dataDir);
      },
    };
  } catch (error) {
    await agent?.stop();
    await server.stop();
    throw error;
  }
};

const joinAgent = (options: NodeOptions, server: RunningServer, log: Log): Promise<Agent> => {
  const { account, region, cluster } = options;
  return startAgent({
    endpoint: server.origin,
    region,
    cluster,
    credentials: instanceCredentials(server, account),
    dataDir: options.dataDir.agent,
    dockerHost: options.dockerHost,
    log,
  });
};

/** Credentials of the role that AWS names for container instances, renewed an hour before they end. */
const instanceCredentials = (server: RunningServer, account: string): (() => Promise<InstanceCredentials>) => {
  let current: InstanceCredentials | undefined;
  return async () => {
    if (current !== undefined && current.expiration - Date.now() > 3_600_000) return current;
    const issued = server.issueSession({
      roleArn: `arn:aws:iam::${account}:role/ecsInstanceRole`,
      sessionName: 'oreno-up',
      durationSeconds: 12 * 3_600,
      policies: ['AmazonEC2ContainerServiceforEC2Role'],
    });
    current = issued;
    return issued;
  };
};

interface InstanceCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  /** Milliseconds since the epoch. */
  readonly expiration: number;
}

/** Its status then; one that is drained stays DRAINING when its agent comes back. */
const untilConnected = async (client: Client, cluster: string, arn: string): Promise<'ACTIVE' | 'DRAINING'> => {
  const deadline = Date.now() + 30_000;
  for (;;) {
    const { containerInstances = [] } = await client.ecs('DescribeContainerInstances', {
      cluster,
      containerInstances: [arn],
    });
    const { status, agentConnected } = containerInstances[0] ?? {};
    if ((status === 'ACTIVE' || status === 'DRAINING') && agentConnected === true) return status;
    if (Date.now() > deadline) {
      throw new CommandFailure(
        `the container instance ${arn} is not ACTIVE and connected after 30 s; see the log above.`,
      );
    }
    await sleep(20);
  }
};
