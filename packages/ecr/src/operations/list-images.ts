import type { Handler, ecr } from '@oreno/aws-wire';
import type { ReadTransaction } from '@oreno/store';
import type { EcrContext } from '../context.ts';
import { images, tagsOf } from '../records.ts';
import { hasTagStatus, isStatusShown } from './image-filter.ts';
import { repositoryOf } from './repository.ts';
import { tokensOf } from './tokens.ts';

const defaultPage = 100;
const readAtOnce = 200;

/** The entries of one image: a pair for each tag, or its digest alone. */
const entriesOf = (imageDigest: string, imageTags: readonly string[]): readonly ecr.ImageIdentifier[] =>
  imageTags.length === 0 ? [{ imageDigest }] : imageTags.map((imageTag) => ({ imageDigest, imageTag }));

const listPage = async (
  input: ecr.ListImagesRequest,
  repositoryId: string,
  tx: ReadTransaction,
): Promise<ecr.ListImagesResponse> => {
  const limit = input.maxResults ?? defaultPage;
  const tokens = tokensOf('ListImages', repositoryId);
  const [lastDigest, lastTag] = tokens.read(input.nextToken) ?? [];
  const imageIds: ecr.ImageIdentifier[] = [];
  // The page before may have ended between two tags of an image: that image is read again.
  let from = lastDigest;
  let after: { readonly repositoryId: string; readonly digest: string } | undefined;
  const isBehind = ({ imageDigest, imageTag = '' }: ecr.ImageIdentifier): boolean =>
    imageDigest !== lastDigest || imageTag > (lastTag ?? '');
  for (;;) {
    const rows = await tx.list(images, { where: { repositoryId }, from, after, limit: readAtOnce });
    from = undefined;
    for (const { record } of rows) {
      if (!isStatusShown(input.filter?.imageStatus, record)) continue;
      const imageTags = await tagsOf(tx, repositoryId, record.digest);
      if (!hasTagStatus(input.filter?.tagStatus, imageTags.length)) continue;
      for (const entry of entriesOf(record.digest, imageTags)) {
        if (!isBehind(entry)) continue;
        const last = imageIds.at(-1);
        if (imageIds.length === limit) {
          return { imageIds, nextToken: tokens.make(last?.imageDigest ?? '', last?.imageTag ?? '') };
        }
        imageIds.push(entry);
      }
    }
    const lastRead = rows.at(-1)?.record.digest;
    if (lastRead === undefined || rows.length < readAtOnce) return { imageIds };
    after = { repositoryId, digest: lastRead };
  }
};

export const ListImages: Handler<ecr.Operations, 'ListImages', EcrContext> = async (input, context) => {
  const { repositoryId } = await repositoryOf(input, context, 'ListImages');
  return context.store.read((tx) => listPage(input, repositoryId, tx));
};
