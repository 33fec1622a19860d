/**
 * Lifecycle policies. Times are milliseconds since the epoch.
 *
 *     ecr_lifecycle  repositoryId  a repository's lifecycle policy
 *     ecr_previews   repositoryId  the preview of a policy that was asked for last
 */
import { defineTable } from '@oreno/store';

export interface LifecycleRecord {
  readonly repositoryId: string;
  readonly text: string;
  readonly lastEvaluatedAt?: number | undefined;
}

export interface PreviewRecord {
  readonly repositoryId: string;
  readonly text: string;
  readonly startedAt: number;
}

export const lifecycles = defineTable<LifecycleRecord>()('ecr_lifecycle', ['repositoryId']);

export const previews = defineTable<PreviewRecord>()('ecr_previews', ['repositoryId']);
