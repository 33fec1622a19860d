/**
 * When the reapers run: at the start, once an hour, and when something was deleted. One server of an installation
 * runs them at a time; a failed round is tried again by the next one.
 */
import type { Log } from '@oreno/aws-wire';
import type { Lease } from '@oreno/store';
import type { EcrParts } from '../context.ts';
import { reapDeletedRepositories } from './deleted-repositories.ts';
import { reapExpiredImages } from './expired-images.ts';
import { reapUnfinishedUploads } from './unfinished-uploads.ts';
import { collectUnusedContent } from './unused-content.ts';

const roundEvery = 60 * 60 * 1000;
const leaseName = 'ecr-reapers';

export interface Reapers {
  readonly start: () => void;
  /** Runs a round now, or right after the one that is running. */
  readonly wake: () => void;
  /** Resolves when the running round has ended; none starts any more. */
  readonly stop: () => Promise<void>;
}

const runRound = async (parts: EcrParts): Promise<void> => {
  const { store, sessions, now, log } = parts;
  const repositories = await reapDeletedRepositories(store, sessions);
  const uploads = await reapUnfinishedUploads(parts, now());
  const images = await reapExpiredImages(store, now());
  const content = await collectUnusedContent(parts, now());
  if (repositories + uploads + images + content.layers + content.blobs > 0) {
    log('info', 'registry: reaped', { repositories, uploads, images, ...content });
  }
};

const underLease = async (parts: EcrParts, log: Log): Promise<void> => {
  let lease: Lease | undefined;
  try {
    lease = await parts.store.lease(leaseName);
    if (lease) await runRound(parts);
  } catch (error) {
    log('error', 'registry: reaping failed', { error });
  } finally {
    await lease?.release();
  }
};

export const createReapers = (parts: EcrParts): Reapers => {
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<void> | undefined;
  let again = false;
  let stopped = false;
  const run = (): void => {
    if (stopped) return;
    if (running) {
      again = true;
      return;
    }
    again = false;
    running = underLease(parts, parts.log).finally(() => {
      running = undefined;
      if (again) run();
    });
  };
  return {
    start: () => {
      timer = setInterval(run, roundEvery);
      timer.unref();
      run();
    },
    wake: run,
    stop: async () => {
      stopped = true;
      clearInterval(timer);
      await running;
    },
  };
};
