import type { Handler, ecr } from '@oreno/aws-wire';
import type { EcrContext } from '../context.ts';
import { imageNotFound, scanNotFound } from '../domain/exceptions.ts';
import { scanFindings, scans } from '../scan-records.ts';
import { resolveImage } from './image-id.ts';
import { repositoryOf } from './repository.ts';
import { scanSummary } from './shapes.ts';
import { tokensOf } from './tokens.ts';

const defaultPage = 100;

export const DescribeImageScanFindings: Handler<ecr.Operations, 'DescribeImageScanFindings', EcrContext> = async (
  input,
  context,
) => {
  const repository = await repositoryOf(input, context, 'DescribeImageScanFindings');
  const { imageId, maxResults: limit = defaultPage } = input;
  const { repositoryId } = repository;
  const tokens = tokensOf('DescribeImageScanFindings', repositoryId);
  const from = Number(tokens.read(input.nextToken)?.[0] ?? 0);
  const { image, scan, rows } = await context.store.read(async (tx) => {
    const resolved = await resolveImage(tx, repositoryId, imageId);
    if (resolved.kind === 'failure') throw imageNotFound(repository, imageId);
    const { digest } = resolved.image;
    return {
      image: resolved.image,
      scan: (await tx.get(scans, { repositoryId, digest }))?.record,
      rows: await tx.list(scanFindings, { where: { repositoryId, digest }, from, limit: limit + 1 }),
    };
  });
  const common = {
    registryId: repository.account,
    repositoryName: repository.repositoryName,
    imageId: { imageDigest: image.digest, imageTag: imageId.imageTag },
  };
  if (image.isArchived === true) return { ...common, imageScanStatus: { status: 'IMAGE_ARCHIVED' } };
  if (!scan) throw scanNotFound(repository, imageId);
  const { status, description } = scan;
  if (status !== 'COMPLETE') return { ...common, imageScanStatus: { status, description } };
  return {
    ...common,
    imageScanStatus: { status, description },
    imageScanFindings: { ...scanSummary(scan), findings: rows.slice(0, limit).map(({ record }) => record.finding) },
    nextToken: rows.length > limit ? tokens.make(String(from + limit)) : undefined,
  };
};
