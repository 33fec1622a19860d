/** What the rooms below ECR lend it, and what its handlers and endpoints are told besides the request. */
import type { Log, RequestContext } from '@oreno/aws-wire';
import type { Blobs } from '@oreno/blobs';
import type { EventWriter } from '@oreno/events';
import type { Store } from '@oreno/store';
import type { KeyedLock } from './content/keyed-lock.ts';
import type { EcrIam } from './caller.ts';
import type { PullThrough } from './content/pull-through-port.ts';
import type { UpstreamSecrets } from './upstream-secrets.ts';
import type { UploadSessions } from './content/upload-sessions.ts';
import type { OpenPassword } from './password.ts';

/** The room's things, made once. */
export interface EcrParts {
  readonly store: Store;
  /** Shared by all that write events into the store. */
  readonly writeEvents: EventWriter;
  readonly blobs: Blobs;
  readonly iam: EcrIam;
  readonly openPassword: OpenPassword;
  readonly sessions: UploadSessions;
  /** Held, by blob name, while a blob appears or is collected. */
  readonly contentLock: KeyedLock;
  /** Host and port under which images are pushed and pulled: the start of every repositoryUri. */
  readonly registryHost: string;
  /** The region of clients that do not say one: docker login with an access key. */
  readonly region: string;
  readonly now: () => number;
  readonly log: Log;
  /** Runs what no answer waits for; stopping the room waits for it. */
  readonly background: (work: Promise<unknown>) => void;
  /** There is something for the reapers now. */
  readonly wakeReapers: () => void;
  /** Registries that are pulled through. */
  readonly pullThrough: PullThrough;
  /** Their credentials. */
  readonly secrets: UpstreamSecrets;
  /** A scan was asked for. */
  readonly wakeScans: () => void;
  /** Copies of images were asked for. */
  readonly wakeReplication: () => void;
}

/** What every handler of the ECR API works with. */
export interface EcrContext extends RequestContext, EcrParts {}
