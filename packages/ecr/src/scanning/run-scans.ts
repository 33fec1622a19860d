/**
 * Carries out the scans that are asked for, one at a time. A scan that a stop or a crash cuts off is done again by the
 * next round; an outcome is kept only where the scan is still the one that was asked for.
 */
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { WriteTransaction } from '@oreno/store';
import { removeFindings } from '../content/remove-findings.ts';
import type { EcrParts } from '../context.ts';
import { imageScanned } from '../domain/events.ts';
import { countSeverities, UnreadableReport, UnsupportedImage } from '../domain/scanning/findings.ts';
import type { ScanReport } from '../domain/scanning/findings.ts';
import { findRepositoryById, tagsOf } from '../records.ts';
import { scanFindings, scans } from '../scan-records.ts';
import type { ScanRecord } from '../scan-records.ts';
import { writeLayout } from './oci-layout.ts';
import { ScanFailure } from './scanner.ts';
import type { Scanner } from './scanner.ts';

/** Why nothing is scanned where there is no scanner. */
export const noScanner =
  'No vulnerability scanner is installed on this registry, so the image was not scanned: install Trivy or Grype, or name one with --scanner.';

export interface ScanParts extends Pick<EcrParts, 'store' | 'writeEvents' | 'blobs' | 'now' | 'log'> {
  readonly scanner: Scanner | undefined;
  /** A folder for images while they are scanned: nothing else may be in it. */
  readonly scratch: string;
}

type Outcome = { readonly kind: 'report'; readonly report: ScanReport } | { readonly kind: 'failed'; why: string };

const scanOne = async (
  parts: ScanParts,
  scanner: Scanner,
  { repositoryId, digest }: ScanRecord,
  stop: AbortSignal,
): Promise<Outcome> => {
  const folder = await mkdtemp(join(parts.scratch, 'scan-'));
  try {
    const folders = { layout: join(folder, 'image'), temporary: join(folder, 'temporary') };
    for (const each of Object.values(folders)) await mkdir(each);
    await writeLayout(parts, repositoryId, digest, folders.layout);
    return { kind: 'report', report: await scanner.scan(folders, stop) };
  } catch (error) {
    if ([ScanFailure, UnreadableReport, UnsupportedImage].some((kind) => error instanceof kind)) {
      return { kind: 'failed', why: (error as Error).message };
    }
    parts.log('error', 'registry: an image could not be scanned', { digest, error });
    return { kind: 'failed', why: `The image could not be handed to the scanner: ${(error as Error).message}` };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

/** Tells that a scan ended; of a repository that is gone there is nothing to tell. */
const tell = async (tx: WriteTransaction, { writeEvents, now }: ScanParts, ended: ScanRecord): Promise<void> => {
  const { repositoryId, digest } = ended;
  const repository = await findRepositoryById(tx, repositoryId);
  if (repository === undefined) return;
  await writeEvents(tx, [imageScanned(repository, ended, await tagsOf(tx, repositoryId, digest))], now());
};

const keep = (parts: ScanParts, asked: ScanRecord, outcome: Outcome): Promise<void> =>
  parts.store.update(async (tx) => {
    const current = (await tx.get(scans, asked))?.record;
    if (current?.askedAt !== asked.askedAt || current.status !== 'IN_PROGRESS') return;
    const completedAt = parts.now();
    if (outcome.kind === 'failed') {
      const failed = { ...current, status: 'FAILED', description: outcome.why, completedAt } as const;
      await tx.put(scans, failed);
      return tell(tx, parts, failed);
    }
    const { findings, sourceUpdatedAt } = outcome.report;
    const { repositoryId, digest } = asked;
    await removeFindings(tx, asked);
    for (const [position, finding] of findings.entries()) {
      await tx.put(scanFindings, { repositoryId, digest, position, finding });
    }
    const complete = {
      ...current,
      status: 'COMPLETE',
      description: 'The scan was completed successfully.',
      completedAt,
      sourceUpdatedAt,
      severityCounts: countSeverities(findings),
    } as const;
    await tx.put(scans, complete);
    return tell(tx, parts, complete);
  });

/** Does every scan that is asked for, the longest waiting first. */
export const runScans = async (parts: ScanParts, stop: AbortSignal): Promise<void> => {
  // What a killed server left there; its scanner may still be writing.
  await rm(parts.scratch, { recursive: true, force: true, maxRetries: 5 });
  await mkdir(parts.scratch, { recursive: true, mode: 0o700 });
  for (;;) {
    const query = { index: 'byStatus', where: { status: 'IN_PROGRESS' }, limit: 1 } as const;
    const [next] = await parts.store.read((tx) => tx.list(scans, query));
    if (next === undefined || stop.aborted) return;
    const outcome: Outcome = parts.scanner
      ? await scanOne(parts, parts.scanner, next.record, stop)
      : { kind: 'failed', why: noScanner };
    if (stop.aborted) return;
    await keep(parts, next.record, outcome);
  }
};
