/**
 * Composes the rooms: opens the two ports and then every service over them, in the order of their dependence. This is
 * the only place that knows which store and which blobs are used.
 */
import { join } from 'node:path';
import type { AwsService, Log } from '@oreno/aws-wire';
import { openFileBlobs, type Blobs } from '@oreno/blobs';
import { alarmOf, openCloudWatch, standingOf } from '@oreno/cloudwatch';
import { openEcr, openUpstreamSecrets } from '@oreno/ecr';
import type { EcrRoom, ScannerOptions, UpstreamSecrets } from '@oreno/ecr';
import { openEcs, type EcsRoom } from '@oreno/ecs';
import { openEventList, openEventWriter, reapEvents, type EventList } from '@oreno/events';
import { openIam, type IamRoom, type RootAccessKey } from '@oreno/iam';
import { openLogs } from '@oreno/logs';
import { startReconcilers, type ReconcilerHost } from '@oreno/reconcile';
import { openSqliteStore, type Store } from '@oreno/store';
import type { IncomingMessage, ServerResponse } from 'node:http';

/** What the server needs to know of every room. */
export interface Rooms {
  readonly iam: IamRoom;
  readonly ecs: EcsRoom;
  readonly services: readonly AwsService[];
  readonly ecr: Pick<EcrRoom, 'collect' | 'verify'>;
  /** The registry's paths; true when the request was one of them. */
  readonly registry: (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;
  /** Credentials of registries that are pulled through. */
  readonly secrets: UpstreamSecrets;
  /** What happened in the last week, as events of EventBridge. */
  readonly events: EventList;
  start(): Promise<void>;
  /** Ends the loops and sessions. Requests under way are still answered. */
  stop(): Promise<void>;
  /** Closes what everything is kept in, when no request is left. */
  close(): Promise<void>;
}

export interface RoomsOptions {
  readonly dataDir: string;
  readonly account: string;
  readonly region: string;
  readonly registryHost: string;
  /** Whether `<account>.dkr.ecr.<region>.amazonaws.com` means Amazon's registry even for accounts kept here. */
  readonly leavesAmazonNames?: boolean | undefined;
  /** What images are scanned with. */
  readonly scanner?: ScannerOptions | undefined;
  readonly root?: RootAccessKey | undefined;
  readonly now: () => number;
  readonly log: Log;
}

/** Opens everything; nothing runs before `start`. */
export const openRooms = async (options: RoomsOptions): Promise<Rooms> => {
  const { dataDir, account, region, registryHost, leavesAmazonNames, scanner, now, log } = options;
  const store: Store = await openSqliteStore({ directory: join(dataDir, 'store'), now });
  const blobs: Blobs = await openFileBlobs({ directory: join(dataDir, 'blobs') });
  const writeEvents = openEventWriter();
  const ending = new AbortController();
  const iam = await openIam({ store, dataDir, account, root: options.root, now, log });
  const logs = await openLogs({ store, blobs, now, log });
  const cloudwatch = await openCloudWatch({ store, now, log });
  const secrets = openUpstreamSecrets(store, iam, now);
  const ecr = await openEcr({
    store,
    writeEvents,
    blobs,
    iam,
    region,
    registryHost,
    scanner,
    scratch: join(dataDir, 'scratch'),
    secrets,
    now,
    log,
  });
  const ecs = await openEcs({
    store,
    writeEvents,
    iam,
    metrics: cloudwatch.sink,
    alarms: { alarmOf, standingOf },
    account,
    region,
    registryHost,
    leavesAmazonNames,
    now,
    log,
  });
  const rooms = [logs, cloudwatch, ecr, ecs];
  let upkeep: ReconcilerHost | undefined;
  return {
    iam,
    ecs,
    services: [...iam.services, ...rooms.map((room) => room.service)],
    ecr,
    registry: ecr.http,
    secrets,
    events: openEventList(store, ending.signal),
    async start() {
      upkeep = startReconcilers({ store, now, log }, [reapEvents(store, now)]);
      for (const room of rooms) await room.start();
    },
    async stop() {
      ending.abort();
      await upkeep?.stop();
      for (const room of rooms.toReversed()) await room.stop();
    },
    async close() {
      await blobs.close();
      await store.close();
    },
  };
};
