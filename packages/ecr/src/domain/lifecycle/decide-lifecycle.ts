/**
 * Which images a lifecycle policy expires or archives, and by which rule. Pure. Every rule looks at the whole of its
 * storage class as it is; then, by priority:
 * - an image that a rule's tag selection matches is out of reach for every later rule, kept or not;
 * - a later rule still counts it;
 * - what an index names, and what refers to a subject that is there, is neither counted nor acted on: it follows them.
 */
import { matchesWildcard } from '../tag-mutability.ts';
import type { LifecycleAction, LifecycleRule, StorageClass, TagSelection } from './policy.ts';

/** Times are milliseconds since the epoch. */
export interface LifecycleImage {
  readonly digest: string;
  readonly tags: readonly string[];
  readonly storageClass: StorageClass;
  readonly pushedAt: number;
  readonly pulledAt?: number | undefined;
  /** When it was archived last, and restored last. */
  readonly archivedAt?: number | undefined;
  readonly activatedAt?: number | undefined;
  /** Named by an index, or refers to an image, of the same repository. */
  readonly follows: boolean;
}

export interface LifecycleStep {
  readonly image: LifecycleImage;
  readonly action: LifecycleAction;
  /** The priority of the rule that applied. */
  readonly priority: number;
}

const day = 24 * 60 * 60 * 1000;

/** A restored image counts as one that was pushed when it was restored. */
const pushed = ({ pushedAt, activatedAt }: LifecycleImage): number => activatedAt ?? pushedAt;

const timeOf: { readonly [type in Exclude<LifecycleRule['count'], { count: number }>['countType']]: TimeOf } = {
  sinceImagePushed: pushed,
  sinceImagePulled: (image) => Math.max(image.pulledAt ?? pushed(image), image.activatedAt ?? 0),
  sinceImageTransitioned: (image) => image.archivedAt ?? image.pushedAt,
};
type TimeOf = (image: LifecycleImage) => number;

/** Whether a rule's tag selection matches: of the lists, every entry must match some tag. */
const matchesTags = (selection: TagSelection, tags: readonly string[]): boolean => {
  if ('prefixes' in selection) return selection.prefixes.every((prefix) => tags.some((tag) => tag.startsWith(prefix)));
  if ('patterns' in selection)
    return selection.patterns.every((text) => tags.some((tag) => matchesWildcard(text, tag)));
  return selection.tagStatus === 'any' || tags.length === 0;
};

/** The images of those that the rule would act on; `newestFirst` holds what its selection matches. */
const counted = (
  { count }: LifecycleRule,
  newestFirst: readonly LifecycleImage[],
  now: number,
): readonly LifecycleImage[] =>
  count.countType === 'imageCountMoreThan'
    ? newestFirst.slice(count.count)
    : newestFirst.filter((image) => timeOf[count.countType](image) < now - count.days * day);

/** What is done at `now` (milliseconds since the epoch), oldest first. `rules` are by priority. */
export const decideLifecycle = (
  rules: readonly LifecycleRule[],
  images: readonly LifecycleImage[],
  now: number,
): readonly LifecycleStep[] => {
  const newestFirst = images.filter(({ follows }) => !follows).toSorted((a, b) => pushed(b) - pushed(a));
  const claimed = new Set<string>();
  const steps: LifecycleStep[] = [];
  for (const rule of rules) {
    const { storageClass, tags: selection, action, priority } = rule;
    const matching = newestFirst.filter(
      (image) => image.storageClass === storageClass && matchesTags(selection, image.tags),
    );
    for (const image of counted(rule, matching, now)) {
      if (!claimed.has(image.digest)) steps.push({ image, action, priority });
    }
    for (const { digest } of matching) claimed.add(digest);
  }
  return steps.toSorted((a, b) => pushed(a.image) - pushed(b.image));
};
