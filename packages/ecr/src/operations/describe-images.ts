import type { Handler, ecr } from '@oreno/aws-wire';
import type { ReadTransaction } from '@oreno/store';
import type { EcrContext } from '../context.ts';
import { imageNotFound, invalidParameter } from '../domain/exceptions.ts';
import type { RepositoryRecord } from '../records.ts';
import { images, tagsOf } from '../records.ts';
import { scans } from '../scan-records.ts';
import { hasTagStatus, isStatusShown } from './image-filter.ts';
import { resolveImage } from './image-id.ts';
import { repositoryOf } from './repository.ts';
import { toImageDetail } from './shapes.ts';
import { tokensOf } from './tokens.ts';

const defaultPage = 100;
const readAtOnce = 200;

type Input = ecr.DescribeImagesRequest;

/** The images named one by one: one entry a digest, and an error for all when any of them is not there. */
const describeNamed = (
  input: Input,
  repository: RepositoryRecord,
  tx: ReadTransaction,
): Promise<readonly ecr.ImageDetail[]> => {
  const collect = async (): Promise<readonly ecr.ImageDetail[]> => {
    const details = new Map<string, ecr.ImageDetail>();
    for (const id of input.imageIds ?? []) {
      const found = await resolveImage(tx, repository.repositoryId, id);
      if (found.kind === 'failure') {
        if (found.failureCode === 'MissingDigestAndTag') throw invalidParameter('imageIds', found.failureReason);
        throw imageNotFound(repository, id);
      }
      const { image } = found;
      const imageTags = await tagsOf(tx, repository.repositoryId, image.digest);
      details.set(image.digest, toImageDetail(image, imageTags, repository, (await tx.get(scans, image))?.record));
    }
    return [...details.values()];
  };
  return collect();
};

const describePage = async (
  input: Input,
  repository: RepositoryRecord,
  tx: ReadTransaction,
): Promise<ecr.DescribeImagesResponse> => {
  const { repositoryId } = repository;
  const limit = input.maxResults ?? defaultPage;
  const tokens = tokensOf('DescribeImages', repositoryId);
  const [last] = tokens.read(input.nextToken) ?? [];
  const imageDetails: ecr.ImageDetail[] = [];
  let after = last === undefined ? undefined : { repositoryId, digest: last };
  for (;;) {
    const rows = await tx.list(images, { where: { repositoryId }, after, limit: readAtOnce });
    for (const { record } of rows) {
      if (!isStatusShown(input.filter?.imageStatus, record)) continue;
      const imageTags = await tagsOf(tx, repositoryId, record.digest);
      if (!hasTagStatus(input.filter?.tagStatus, imageTags.length)) continue;
      if (imageDetails.length === limit) return { imageDetails, nextToken: tokens.make(after?.digest ?? '') };
      imageDetails.push(toImageDetail(record, imageTags, repository, (await tx.get(scans, record))?.record));
      after = { repositoryId, digest: record.digest };
    }
    const lastRead = rows.at(-1)?.record.digest;
    if (lastRead === undefined || rows.length < readAtOnce) return { imageDetails };
    after = { repositoryId, digest: lastRead };
  }
};

export const DescribeImages: Handler<ecr.Operations, 'DescribeImages', EcrContext> = async (input, context) => {
  const repository = await repositoryOf(input, context, 'DescribeImages');
  if (!input.imageIds) return context.store.read((tx) => describePage(input, repository, tx));
  if (input.maxResults !== undefined || input.nextToken !== undefined) {
    throw invalidParameter('imageIds', 'cannot be given together with maxResults or nextToken');
  }
  return { imageDetails: await context.store.read((tx) => describeNamed(input, repository, tx)) };
};
