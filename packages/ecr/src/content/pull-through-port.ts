/** What pulls of images of other registries ask for, apart from how it is brought. */
import type { Caller } from '../caller.ts';

/** A manifest that can be answered, before it is kept. */
export interface ThroughManifest {
  readonly bytes: Buffer;
  readonly mediaType: string;
  readonly digest: string;
}

export interface PullThrough {
  /**
   * Brings what is asked for, where a rule is for the repository's name. Answers a manifest that is not kept yet, and
   * undefined where what is kept is to be served. Throws `UpstreamFailure` when there is neither.
   */
  manifest(caller: Caller, repositoryName: string, reference: string): Promise<ThroughManifest | undefined>;
  /** Waits for a layer that is being fetched, or fetches it. */
  blob(caller: Caller, repositoryName: string, digest: string): Promise<void>;
  /** Gives up what is being fetched: the next pull begins again. */
  stop(): Promise<void>;
}
