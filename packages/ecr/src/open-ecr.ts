/** Puts the room together: the API, `/v2/`, layer downloads, and the reapers, over one store and one blob port. */
import { join } from 'node:path';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { defineService, ecrModel, reachableHost } from '@oreno/aws-wire';
import type { AwsService, Log } from '@oreno/aws-wire';
import type { Blobs } from '@oreno/blobs';
import { createRounds } from '@oreno/reconcile';
import type { EventWriter } from '@oreno/events';
import type { Store } from '@oreno/store';
import { policiesOf } from './access.ts';
import { createKeyedLock } from './content/keyed-lock.ts';
import { createPullThrough } from './content/pull-through.ts';
import { replicateImages } from './content/replicate-image.ts';
import { UploadSessions } from './content/upload-sessions.ts';
import type { EcrIam } from './caller.ts';
import type { EcrParts } from './context.ts';
import { verifyLayers, verifyManifests } from './content/verify-content.ts';
import type { Verified } from './content/verify-content.ts';
import { createDistribution } from './distribution/handler.ts';
import { createLayerDownload } from './distribution/layer-download.ts';
import { handlers } from './handlers.ts';
import { createPasswordReader } from './password.ts';
import { createReapers } from './reapers/reapers.ts';
import { collectUnusedContent } from './reapers/unused-content.ts';
import type { Collected } from './reapers/unused-content.ts';
import { runScans } from './scanning/run-scans.ts';
import { openScanner } from './scanning/scanner.ts';
import type { ScannerOptions } from './scanning/scanner.ts';
import type { UpstreamSecrets } from './upstream-secrets.ts';
import { resourcesOf } from './resources.ts';

export interface EcrOptions {
  readonly store: Store;
  /** Shared by all that write events into the store. */
  readonly writeEvents: EventWriter;
  readonly blobs: Blobs;
  readonly iam: EcrIam;
  /** Host and port under which images are pushed and pulled, for example `127.0.0.1:4566`. */
  readonly registryHost: string;
  /** The region of clients that log in with an access key and so name none; `us-east-1` when absent. */
  readonly region?: string | undefined;
  /** What images are scanned with; scans fail where it is absent. */
  readonly scanner?: ScannerOptions | undefined;
  /** Credentials of registries that are pulled through. */
  readonly secrets: UpstreamSecrets;
  /** A folder of this room's own for what lives shorter than the process. */
  readonly scratch: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly log: Log;
}

/** ECR as the server mounts it. */
export interface EcrRoom {
  readonly service: AwsService;
  /** Answers `/v2/` and layer downloads; false, and nothing touched, for any other path. Never rejects. */
  readonly http: (request: IncomingMessage, response: ServerResponse) => Promise<boolean>;
  readonly start: () => Promise<void>;
  /** Ends the reapers and what no answer waited for. */
  readonly stop: () => Promise<void>;
  /** One round of the collector of unused content; with `dryRun` it only reports. */
  readonly collect: (dryRun: boolean) => Promise<Collected>;
  /**
   * Hashes again the layers whose SHA-256 starts with two hexadecimal digits, or all manifests. With `drop` damaged
   * layers are given up, so that a push brings them again.
   */
  readonly verify: (part: string, drop?: boolean) => Promise<Verified>;
}

/** Scans of other servers over this store are looked for after this time, in milliseconds. */
const scansEvery = 60_000;

/** What could not be copied at once is tried again after this time, in milliseconds. */
const replicationEvery = 30_000;

/** Opens the registry; nothing runs by itself before `start`. */
export const openEcr = async (options: EcrOptions): Promise<EcrRoom> => {
  const { store, blobs, now, log } = options;
  const contentLock = createKeyedLock();
  const pending = new Set<Promise<unknown>>();
  const background = (work: Promise<unknown>): void => {
    const settled = work
      .catch((error: unknown) => log('error', 'registry: work in the background failed', { error }))
      .finally(() => pending.delete(settled));
    pending.add(settled);
  };
  const parts: EcrParts = {
    ...options,
    region: options.region ?? 'us-east-1',
    contentLock,
    openPassword: createPasswordReader(options.iam),
    sessions: new UploadSessions({ store, blobs, contentLock, now }),
    background,
    wakeReapers: () => reapers.wake(),
    wakeScans: () => scanRounds.wake(),
    wakeReplication: () => replication.wake(),
    get pullThrough() {
      return pullThrough;
    },
  };
  const pullThrough = createPullThrough(parts);
  const reapers = createReapers(parts);
  const replication = createRounds({
    name: 'registry: replicating images',
    every: replicationEvery,
    round: async () => void (await replicateImages(parts)),
    log,
    atStart: true,
    lease: { store, name: 'ecr-replication' },
  });
  const ending = new AbortController();
  const scanner = options.scanner && openScanner(options.scanner);
  const scanRounds = createRounds({
    name: 'registry: scanning images',
    every: scansEvery,
    round: () => runScans({ ...parts, scanner, scratch: join(options.scratch, 'scans') }, ending.signal),
    log,
    atStart: true,
    lease: { store, name: 'ecr-scans' },
  });
  const distribution = createDistribution(parts);
  const layerDownload = createLayerDownload(parts);
  return {
    service: defineService({
      model: ecrModel,
      handlers,
      bind: (base) => ({
        ...base,
        ...parts,
        region: base.region,
        now: base.now,
        registryHost: reachableHost(parts.registryHost, base.origin),
      }),
      resources: resourcesOf,
      policiesOf,
    }),
    http: async (request, response) => (await distribution(request, response)) || layerDownload(request, response),
    start: async () => {
      reapers.start();
      replication.start();
      scanRounds.start();
    },
    stop: async () => {
      ending.abort();
      await scanRounds.stop();
      await reapers.stop();
      await replication.stop();
      await pullThrough.stop();
      await Promise.all(pending);
    },
    collect: (dryRun) => collectUnusedContent(parts, now(), dryRun),
    verify: (part, drop = false) => (part === 'manifests' ? verifyManifests(parts) : verifyLayers(parts, part, drop)),
  };
};
