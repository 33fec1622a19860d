/**
 * Amazon ECS: the operations, the control loops and the sessions of container agents, over one store.
 * Nothing runs between `openEcs` and `start`, and nothing after `stop`.
 */
import { randomFillSync } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { defineService, ecsModel } from '@oreno/aws-wire';
import type { AwsService, Log } from '@oreno/aws-wire';
import { startReconcilers } from '@oreno/reconcile';
import type { ReconcilerHost } from '@oreno/reconcile';
import type { EventWriter } from '@oreno/events';
import type { Store } from '@oreno/store';
import { openAgentSessions } from './agents/index.ts';
import type { AgentSessionsOptions } from './agents/index.ts';
import { resourcesOf } from './authorization.ts';
import type { EcsContext } from './context.ts';
import { noAlarms } from './deployment-alarms.ts';
import type { AlarmSource } from './deployment-alarms.ts';
import { validateClusterName } from './domain/cluster-reference.ts';
import { recordEvents } from './events/recording-store.ts';
import { openMachineGroups, type MachineGroups } from './machine-groups.ts';
import { operations } from './operations/index.ts';
import { ensureCluster } from './queries/clusters.ts';
import { deleteTaskDefinitions } from './reconcilers/delete-task-definitions.ts';
import { followInstances } from './reconcilers/follow-instances.ts';
import { placeWaitingTasks } from './reconcilers/place-waiting-tasks.ts';
import { openPlacement } from './reconcilers/open-placement.ts';
import { reapCapacityProviders } from './reconcilers/reap-capacity-providers.ts';
import { reapClusters } from './reconcilers/reap-clusters.ts';
import { reapContainerInstances } from './reconcilers/reap-container-instances.ts';
import { reapStoppedTasks } from './reconcilers/reap-stopped-tasks.ts';
import { reapTaskProtections } from './reconcilers/reap-task-protections.ts';
import { scaleCapacity } from './reconcilers/scale-capacity.ts';
import { scheduleServices } from './reconcilers/schedule-services.ts';
import { keepServiceTasks } from './reconcilers/service-tasks.ts';

export type { AlarmSource } from './deployment-alarms.ts';
export type { LeavingMachine, MachineBounds, MachineGroups, MachineWish } from './machine-groups.ts';
export { operations as handlers };

export interface EcsOptions {
  readonly store: Store;
  /** Shared by all that write events into the store. */
  readonly writeEvents: EventWriter;
  /** Gives tasks their credentials and says what agents may do. */
  readonly iam: AgentSessionsOptions['iam'];
  /** Takes what agents publish about resource usage. */
  readonly metrics?: AgentSessionsOptions['metrics'];
  /** The alarms that deployments can be watched by; none when absent. */
  readonly alarms?: AlarmSource | undefined;
  /** The account whose registry is kept here, and where `ensureCluster` makes clusters. */
  readonly account: string;
  readonly region: string;
  /** Host and port of repository URIs, for example `localhost:4566`. */
  readonly registryHost: string;
  /** Whether `<account>.dkr.ecr.<region>.amazonaws.com` means Amazon's registry even for accounts kept here. */
  readonly leavesAmazonNames?: boolean | undefined;
  /** The clock, in milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Log;
}

export interface EcsRoom {
  readonly service: AwsService;
  /** How many machines managed scaling wants, for whoever makes them. */
  readonly machineGroups: MachineGroups;
  /** Tells the room how signatures of websocket handshakes are verified. To be called before `start`. */
  connect(authenticate: AgentSessionsOptions['authenticate']): void;
  /** Takes over an agent's websocket: true means that the socket is being dealt with. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  /** Makes the cluster in the room's own account and region when it is not there. */
  ensureCluster(clusterName: string): Promise<void>;
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** Makes ids of 32 hexadecimal digits; asking the kernel for each of them costs more than all the rest. */
const openIds = (): (() => string) => {
  const random = Buffer.alloc(4_096);
  let used = random.length;
  return () => {
    if (used === random.length) {
      randomFillSync(random);
      used = 0;
    }
    used += 16;
    return random.toString('hex', used - 16, used);
  };
};

/** Opens ECS over a store. */
export const openEcs = async (options: EcsOptions): Promise<EcsRoom> => {
  const { account, region, now, log, alarms = noAlarms } = options;
  const store = recordEvents(options.store, options.writeEvents, now);
  const placement = await openPlacement({ store, log, random: Math.random });
  let authenticate: AgentSessionsOptions['authenticate'] | undefined;
  const sessions = openAgentSessions({
    ...options,
    store,
    authenticate: (request) => {
      if (authenticate === undefined) throw new Error('a websocket came before the room was connected');
      return authenticate(request);
    },
    ownsRegistry: (owner) => owner === account,
    leavesAmazonNames: options.leavesAmazonNames,
  });
  const serviceTasks = keepServiceTasks();
  const newId = openIds();
  let reconcilers: ReconcilerHost | undefined;
  return {
    service: defineService({
      model: ecsModel,
      handlers: operations,
      bind: (base): EcsContext => ({
        ...base,
        store,
        placement,
        alarms,
        serviceTasks,
        newId,
        authorize: (action, resources) => {
          const { principal, region: asked, call } = base;
          return options.iam.authorizer.authorize({ principal, action, resources, region: asked, call });
        },
      }),
      resources: resourcesOf,
    }),
    machineGroups: openMachineGroups(store, now),
    connect: (verify) => {
      authenticate = verify;
    },
    upgrade: sessions.upgrade,
    ensureCluster: async (clusterName) => {
      validateClusterName(clusterName);
      await store.update((transaction) => ensureCluster(transaction, { account, region }, clusterName, now()));
    },
    start: async () => {
      reconcilers = startReconcilers({ store, now, log }, [
        deleteTaskDefinitions(store),
        followInstances(store),
        placeWaitingTasks({ store, placement, now }),
        reapCapacityProviders(store),
        reapClusters(store),
        reapContainerInstances(store),
        reapStoppedTasks(store),
        reapTaskProtections(store),
        scaleCapacity({ store, placement, metrics: options.metrics, now }),
        scheduleServices({ store, placement, alarms, serviceTasks, now, newId }),
      ]);
      await sessions.start();
    },
    stop: async () => {
      await sessions.stop();
      await reconcilers?.stop();
      await placement.stop();
    },
  };
};
