import type { Handler, ecr } from '@oreno/aws-wire';
import type { EcrContext } from '../context.ts';
import { listReferrers } from '../content/list-referrers.ts';
import type { ImageRecord } from '../records.ts';
import { isStatusShown } from './image-filter.ts';
import { repositoryOf } from './repository.ts';
import { statusOf } from './shapes.ts';
import { tokensOf } from './tokens.ts';

const defaultPage = 20;

const toReferrer = (image: ImageRecord): ecr.ImageReferrer => ({
  digest: image.digest,
  mediaType: image.mediaType,
  artifactType: image.artifactType,
  size: image.manifestSize,
  annotations: image.annotations,
  artifactStatus: statusOf(image),
});

export const ListImageReferrers: Handler<ecr.Operations, 'ListImageReferrers', EcrContext> = async (input, context) => {
  const { repositoryId } = await repositoryOf(input, context, 'ListImageReferrers');
  const subject = input.subjectId.imageDigest;
  const tokens = tokensOf('ListImageReferrers', `${repositoryId}/${subject}`);
  const { page, next } = await context.store.read((tx) =>
    listReferrers(tx, {
      repositoryId,
      subject,
      isShown: (image) => isStatusShown(input.filter?.artifactStatus, image),
      artifactTypes: input.filter?.artifactTypes ?? [],
      limit: input.maxResults ?? defaultPage,
      last: tokens.read(input.nextToken)?.[0],
    }),
  );
  return { referrers: page.map(toReferrer), nextToken: next === undefined ? undefined : tokens.make(next) };
};
