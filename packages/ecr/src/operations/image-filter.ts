/** The filters of DescribeImages and ListImages. */
import type { ecr } from '@oreno/aws-wire';
import type { ImageRecord } from '../records.ts';
import { statusOf } from './shapes.ts';

/** Whether an image with that many tags passes; everything does without a filter. */
export const hasTagStatus = (wanted: ecr.TagStatus | undefined, tagCount: number): boolean =>
  wanted === undefined || wanted === 'ANY' || (wanted === 'TAGGED') === tagCount > 0;

/** Whether an image of that storage class passes; without a filter those do that can be pulled. */
export const isStatusShown = (
  wanted: ecr.ImageStatusFilter | undefined,
  image: Pick<ImageRecord, 'isArchived'>,
): boolean => wanted === 'ANY' || statusOf(image) === (wanted ?? 'ACTIVE');
