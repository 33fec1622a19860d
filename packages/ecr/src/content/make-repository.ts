/** Repositories that nobody creates: from a template, or with ECR's defaults where none fits. */
import { randomUUID } from 'node:crypto';
import type { WriteTransaction } from '@oreno/store';
import { encryptionOf } from '../domain/encryption.ts';
import { templateFor, type AppliedFor } from '../domain/repository-template.ts';
import { lifecycles } from '../lifecycle-records.ts';
import { findRepository, repositories } from '../records.ts';
import { templates } from '../registry-records.ts';
import type { RepositoryRecord, Scope } from '../records.ts';
import type { TemplateRecord } from '../registry-records.ts';

export interface Wanted {
  readonly scope: Scope;
  readonly repositoryName: string;
  readonly use: AppliedFor;
  /** Only where a template is for it: a push makes no repository otherwise. */
  readonly onlyByTemplate: boolean;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

const recordOf = ({ scope, repositoryName, now }: Wanted, template: TemplateRecord | undefined): RepositoryRecord => ({
  account: scope.account,
  region: scope.region,
  repositoryName,
  repositoryId: randomUUID(),
  createdAt: now,
  imageTagMutability: template?.imageTagMutability ?? 'MUTABLE',
  exclusionFilters: template?.imageTagMutabilityExclusionFilters,
  scanOnPush: false,
  encryptionConfiguration: encryptionOf(template?.encryptionConfiguration, scope),
  tags: template?.resourceTags?.map(({ Key, Value }) => ({ Key, Value })) ?? [],
  policyText: template?.repositoryPolicy || undefined,
});

/** The repository, made where it is not there; undefined where it is not and no template is for it. */
export const findOrMakeRepository = async (
  tx: WriteTransaction,
  wanted: Wanted,
): Promise<RepositoryRecord | undefined> => {
  const { scope, repositoryName, use, onlyByTemplate } = wanted;
  const existing = await findRepository(tx, scope, repositoryName);
  if (existing !== undefined) return existing;
  const { account, region } = scope;
  const rows = await tx.list(templates, { where: { account, region } });
  const template = templateFor(
    repositoryName,
    use,
    rows.map(({ record }) => record),
  );
  if (template === undefined && onlyByTemplate) return undefined;
  const record = recordOf(wanted, template);
  await tx.insert(repositories, record);
  const { repositoryId } = record;
  if (template?.lifecyclePolicy) await tx.put(lifecycles, { repositoryId, text: template.lifecyclePolicy });
  return record;
};
