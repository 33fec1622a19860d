/**
 * Copies of images in other registries of this installation. The bytes are shared: a copy is rows alone. What is asked
 * for is a row in the transaction that stored the image, so that no crash loses it.
 */
import { AwsError } from '@oreno/aws-wire';
import { repositoryArn } from '../access.ts';
import type { EcrParts } from '../context.ts';
import { imageReplicated } from '../domain/events.ts';
import { readManifest } from '../domain/manifest.ts';
import { images, layers, manifests, tagsOf } from '../records.ts';
import { findRegistry, replications } from '../registry-records.ts';
import type { Scope } from '../records.ts';
import type { ReplicationRecord } from '../registry-records.ts';
import { findOrMakeRepository } from './make-repository.ts';
import { putImage } from './put-image.ts';

/** Another account has to let the source in, by its registry policy. */
const mayReplicate = async ({ iam, store }: EcrParts, record: ReplicationRecord, target: Scope): Promise<boolean> => {
  if (target.account === record.account) return true;
  const { policyText } = await store.read((tx) => findRegistry(tx, target));
  const principal = {
    type: 'root',
    arn: `arn:aws:iam::${record.account}:root`,
    account: record.account,
    accessKeyId: '',
    userId: record.account,
  } as const;
  const resources = [repositoryArn(target, record.repositoryName)];
  const policiesOf = () => Promise.resolve(policyText === undefined ? [] : [policyText]);
  try {
    const request = { principal, action: 'ecr:ReplicateImage', resources, region: target.region, policiesOf };
    await iam.authorizer.authorize(request);
    return true;
  } catch (error) {
    if (error instanceof AwsError) return false;
    throw error;
  }
};

/** Gives the target repository the layers that the source has; the bytes stay where they are. */
const copyLayers = (parts: EcrParts, record: ReplicationRecord, target: Scope, digests: readonly string[]) =>
  parts.store.update(async (tx) => {
    const { repositoryName, repositoryId } = record;
    const now = parts.now();
    const made = { scope: target, repositoryName, use: 'REPLICATION', onlyByTemplate: false, now } as const;
    const repository = await findOrMakeRepository(tx, made);
    if (repository === undefined) return;
    for (const digest of digests) {
      const layer = (await tx.get(layers, { repositoryId, digest }))?.record;
      if (layer === undefined) continue;
      const { content, size } = layer;
      const owner = { ...target, repositoryId: repository.repositoryId, repositoryName };
      await tx.put(layers, { ...owner, digest, content, size, touchedAt: now });
    }
  });

/** What became of a copy; undefined where it has to wait for another image (the children of an index come first). */
type Outcome = Pick<ReplicationRecord, 'failureCode' | 'status'> | undefined;

const failureCodes = {
  noRepository: 'RepositoryNotFound',
  missingLayers: 'LayersNotFound',
  immutableTag: 'ImageTagAlreadyExists',
  tooManyTags: 'LimitExceeded',
} as const;

const copyImage = async (parts: EcrParts, record: ReplicationRecord): Promise<Outcome> => {
  const { repositoryId, digest, repositoryName } = record;
  const target: Scope = { account: record.toAccount, region: record.toRegion };
  const source = await parts.store.read(async (tx) => ({
    image: (await tx.get(images, { repositoryId, digest }))?.record,
    text: (await tx.get(manifests, { repositoryId, digest }))?.record.text,
    tags: await tagsOf(tx, repositoryId, digest),
  }));
  if (source.image === undefined || source.image.isArchived === true || source.text === undefined)
    return { status: 'FAILED', failureCode: 'ImageNotFound' };
  if (!(await mayReplicate(parts, record, target))) return { status: 'FAILED', failureCode: 'AccessDenied' };
  const bytes = Buffer.from(source.text);
  const reading = readManifest(bytes, source.image.mediaType);
  if (reading.kind === 'invalid') return { status: 'FAILED', failureCode: 'InvalidManifest' };
  const { manifest, text } = reading;
  await copyLayers(
    parts,
    record,
    target,
    manifest.blobs.map((blob) => blob.digest),
  );
  const put = {
    scope: target,
    repositoryName,
    manifest,
    text,
    size: bytes.byteLength,
    digest,
    tags: source.tags,
    isPush: false,
  };
  const result = await putImage(parts, put, parts.now());
  if (result.kind === 'stored') {
    if (result.scan) parts.wakeScans();
    return { status: 'COMPLETE' };
  }
  if (result.kind === 'missingImages') return undefined;
  return { status: 'FAILED', failureCode: failureCodes[result.kind] };
};

const pageSize = 100;
/** What waits for children that never come is given up. */
const patience = 24 * 60 * 60 * 1000;

/** Makes every copy that is asked for; answers how many were made. */
export const replicateImages = async (parts: EcrParts): Promise<number> => {
  let made = 0;
  for (let again = true; again;) {
    const query = { index: 'byStatus', where: { status: 'IN_PROGRESS' }, limit: pageSize } as const;
    const rows = await parts.store.read((tx) => tx.list(replications, query));
    again = false;
    for (const { record } of rows) {
      const tired = parts.now() - record.askedAt > patience;
      const outcome: Outcome =
        (await copyImage(parts, record)) ??
        (tired ? { status: 'FAILED', failureCode: 'ReferencedImagesNotFound' } : undefined);
      if (outcome === undefined) continue;
      again = true;
      made += outcome.status === 'COMPLETE' ? 1 : 0;
      await parts.store.update(async (tx) => {
        const current = (await tx.get(replications, record))?.record;
        // Asked for again meanwhile: once more.
        if (current?.askedAt !== record.askedAt) return;
        await tx.put(replications, { ...current, ...outcome });
        const result = outcome.status === 'COMPLETE' ? 'SUCCESS' : 'FAILED';
        const { digest, repositoryId, repositoryName } = record;
        const target = { account: record.toAccount, region: record.toRegion, repositoryName };
        const tags = await tagsOf(tx, repositoryId, digest);
        await parts.writeEvents(tx, imageReplicated(target, record, { result, digest, tags }), parts.now());
      });
    }
  }
  return made;
};
