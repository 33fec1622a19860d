/**
 * Version consistency: every task that a revision starts after the first one that told runs the same images, whatever
 * their tags mean by then ("Container image resolution for Amazon ECS services" in the ECS developer guide). Pure.
 */
import type { ecs } from '@oreno/aws-wire';
import type { TaskRecord } from '../../records.ts';
import type { ServiceRevisionRecord } from '../../service-records.ts';

type ImageDigests = NonNullable<ServiceRevisionRecord['imageDigests']>;

/** The digests by container name that a task was told for the first time between two states of its record. */
export const newDigests = (before: TaskRecord, after: TaskRecord): ImageDigests => {
  const known = new Set(before.containers.filter(({ imageDigest }) => imageDigest).map(({ name }) => name));
  return Object.fromEntries(
    after.containers.flatMap(({ name, imageDigest }) =>
      imageDigest === undefined || known.has(name) ? [] : [[name, imageDigest] as const],
    ),
  );
};

/** Of the digests that a task told, those that the revision is still to learn; empty where there is nothing new. */
export const digestsToKeep = (
  told: ImageDigests,
  kept: ImageDigests,
  containers: readonly ecs.ContainerDefinition[],
): ImageDigests => {
  const isConsistent = ({ name = '', versionConsistency }: ecs.ContainerDefinition): boolean =>
    versionConsistency !== 'disabled' && kept[name] === undefined;
  const wanted = new Set(containers.filter(isConsistent).map(({ name }) => name));
  return Object.fromEntries(Object.entries(told).filter(([name]) => wanted.has(name)));
};

/** The image under the digest: `repository:tag@digest`. One that is named by digest already stays as it is. */
export const pinnedImage = (image: string, digest: string | undefined): string =>
  digest === undefined || image.includes('@') ? image : `${image}@${digest}`;
