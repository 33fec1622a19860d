import type { Handler, ecr } from '@oreno/aws-wire';
import type { EcrContext } from '../context.ts';
import { lifecycleImages } from '../content/lifecycle-images.ts';
import { invalidParameter, lifecyclePreviewNotFound } from '../domain/exceptions.ts';
import { decideLifecycle } from '../domain/lifecycle/decide-lifecycle.ts';
import type { LifecycleStep } from '../domain/lifecycle/decide-lifecycle.ts';
import { previews } from '../lifecycle-records.ts';
import { hasTagStatus } from './image-filter.ts';
import { checkLifecyclePolicy } from './lifecycle-policy-text.ts';
import { repositoryOf } from './repository.ts';
import { tokensOf } from './tokens.ts';

const defaultPage = 100;

const toResult = ({
  image: { digest, tags, pushedAt, storageClass },
  action,
  priority,
}: LifecycleStep): ecr.LifecyclePolicyPreviewResult => ({
  imageDigest: digest,
  imageTags: tags.length === 0 ? undefined : tags,
  imagePushedAt: pushedAt,
  action: action === 'expire' ? { type: 'EXPIRE' } : { type: 'TRANSITION', targetStorageClass: 'ARCHIVE' },
  appliedRulePriority: priority,
  storageClass: storageClass === 'standard' ? 'STANDARD' : 'ARCHIVE',
});

const summaryOf = (steps: readonly LifecycleStep[]): ecr.LifecyclePolicyPreviewSummary => {
  const transitioning = steps.filter(({ action }) => action === 'transition').length;
  return {
    expiringImageTotalCount: steps.length - transitioning,
    transitioningImageTotalCounts:
      transitioning === 0 ? undefined : [{ targetStorageClass: 'ARCHIVE', imageTotalCount: transitioning }],
  };
};

const isNamed = ({ image }: LifecycleStep, ids: readonly ecr.ImageIdentifier[] | undefined): boolean =>
  ids === undefined ||
  ids.some(
    ({ imageDigest, imageTag }) =>
      (imageDigest === undefined || imageDigest === image.digest) &&
      (imageTag === undefined || image.tags.includes(imageTag)),
  );

export const GetLifecyclePolicyPreview: Handler<ecr.Operations, 'GetLifecyclePolicyPreview', EcrContext> = async (
  input,
  context,
) => {
  const repository = await repositoryOf(input, context, 'GetLifecyclePolicyPreview');
  const { repositoryId, repositoryName, account } = repository;
  const { imageIds, filter, maxResults, nextToken } = input;
  if (imageIds && (maxResults !== undefined || nextToken !== undefined)) {
    throw invalidParameter('imageIds', 'cannot be given together with maxResults or nextToken');
  }
  const { preview, images } = await context.store.read(async (tx) => ({
    preview: (await tx.get(previews, { repositoryId }))?.record,
    images: await lifecycleImages(tx, repositoryId),
  }));
  if (!preview) throw lifecyclePreviewNotFound(repository);
  const steps = decideLifecycle(checkLifecyclePolicy(preview.text).rules, images, preview.startedAt);
  const shown = steps.filter(
    (step) => isNamed(step, imageIds) && hasTagStatus(filter?.tagStatus, step.image.tags.length),
  );
  const tokens = tokensOf('GetLifecyclePolicyPreview', repositoryId);
  const last = tokens.read(nextToken)?.[0];
  const start = last === undefined ? 0 : shown.findIndex(({ image }) => image.digest === last) + 1;
  const end = start + (maxResults ?? (imageIds ? shown.length : defaultPage));
  return {
    registryId: account,
    repositoryName,
    lifecyclePolicyText: preview.text,
    status: 'COMPLETE',
    previewResults: shown.slice(start, end).map(toResult),
    nextToken: end < shown.length ? tokens.make(shown[end - 1]?.image.digest ?? '') : undefined,
    summary: summaryOf(steps),
  };
};
