/**
 * Scans of images. Times are milliseconds since the epoch.
 *
 *     ecr_scans     repositoryId, digest            the scan that was asked for last
 *     ecr_findings  repositoryId, digest, position  what it found
 */
import { defineTable } from '@oreno/store';
import type { Finding } from './domain/scanning/findings.ts';

/** The scan of an image that was asked for last. */
export interface ScanRecord {
  readonly repositoryId: string;
  readonly digest: string;
  readonly status: 'IN_PROGRESS' | 'COMPLETE' | 'FAILED';
  readonly description?: string | undefined;
  readonly askedAt: number;
  readonly completedAt?: number | undefined;
  /** When the scanner's data was made. */
  readonly sourceUpdatedAt?: number | undefined;
  readonly severityCounts?: Readonly<Record<string, number>> | undefined;
}

export interface ScanFindingRecord {
  readonly repositoryId: string;
  readonly digest: string;
  /** From 0, the most severe first. */
  readonly position: number;
  readonly finding: Finding;
}

export const scans = defineTable<ScanRecord>()('ecr_scans', ['repositoryId', 'digest'], {
  byStatus: ['status', 'askedAt', 'repositoryId', 'digest'],
});

export const scanFindings = defineTable<ScanFindingRecord>()('ecr_findings', ['repositoryId', 'digest', 'position']);
