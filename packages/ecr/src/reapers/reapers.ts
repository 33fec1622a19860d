/**
 * When the reapers run: at the start, once an hour, and when something was deleted. One server of an installation
 * runs them at a time; a failed round is tried again by the next one.
 */
import { createRounds, type Rounds } from '@oreno/reconcile';
import type { EcrParts } from '../context.ts';
import { applyLifecycles } from './apply-lifecycle.ts';
import { reapDeletedRepositories } from './deleted-repositories.ts';
import { collectUnusedContent } from './unused-content.ts';

const roundEvery = 60 * 60 * 1000;
const leaseName = 'ecr-reapers';

/** An upload may stand still this long between two requests, in milliseconds. */
const uploadLifetime = 24 * 60 * 60 * 1000;

const runRound = async (parts: EcrParts): Promise<void> => {
  const { store, sessions, now, log } = parts;
  const repositories = await reapDeletedRepositories(store, sessions);
  const uploads = await sessions.expireUnfinished(now() - uploadLifetime);
  const images = await applyLifecycles(parts, now());
  const content = await collectUnusedContent(parts, now());
  if (repositories + uploads + images + content.layers + content.blobs > 0) {
    log('info', 'registry: reaped', { repositories, uploads, images, ...content });
  }
};

export const createReapers = (parts: EcrParts): Rounds =>
  createRounds({
    name: 'registry: reaping',
    every: roundEvery,
    round: () => runRound(parts),
    log: parts.log,
    atStart: true,
    lease: { store: parts.store, name: leaseName },
  });
