/** The filters of DescribeImages and ListImages. */
import type { ecr } from '@oreno/aws-wire';

/** Whether an image with that many tags passes; everything does without a filter. */
export const hasTagStatus = (wanted: ecr.TagStatus | undefined, tagCount: number): boolean =>
  wanted === undefined || wanted === 'ANY' || (wanted === 'TAGGED') === tagCount > 0;

/** Whether images are shown at all: nothing is ever archived here, so every image is ACTIVE. */
export const isStatusShown = (wanted: ecr.ImageStatusFilter | undefined): boolean =>
  wanted === undefined || wanted === 'ACTIVE' || wanted === 'ANY';
