/**
 * Which images a lifecycle policy expires, and by which rule. Pure. Every rule looks at the whole repository as it
 * is; then, by priority:
 * - an image that a rule's tag selection matches is out of reach for every later rule, kept or not;
 * - a later rule still counts it;
 * - what an index names, and what refers to a subject that is there, is neither counted nor expired: it follows them.
 */
import { matchesWildcard } from '../tag-mutability.ts';
import type { LifecycleRule, TagSelection } from './policy.ts';

export interface LifecycleImage {
  readonly digest: string;
  readonly tags: readonly string[];
  /** Milliseconds since the epoch. */
  readonly pushedAt: number;
  /** Named by an index, or refers to an image, of the same repository. */
  readonly follows: boolean;
}

export interface Expiry {
  readonly image: LifecycleImage;
  /** The priority of the rule that applied. */
  readonly priority: number;
}

const day = 24 * 60 * 60 * 1000;

/** Whether a rule's tag selection matches: of the lists, every entry must match some tag. */
const matchesTags = (selection: TagSelection, tags: readonly string[]): boolean => {
  if ('prefixes' in selection) return selection.prefixes.every((prefix) => tags.some((tag) => tag.startsWith(prefix)));
  if ('patterns' in selection)
    return selection.patterns.every((text) => tags.some((tag) => matchesWildcard(text, tag)));
  return selection.tagStatus === 'any' || tags.length === 0;
};

/** The images of those that the rule would expire; `newestFirst` holds what its tag selection matches. */
const counted = (
  { count }: LifecycleRule,
  newestFirst: readonly LifecycleImage[],
  now: number,
): readonly LifecycleImage[] =>
  count.countType === 'imageCountMoreThan'
    ? newestFirst.slice(count.count)
    : newestFirst.filter(({ pushedAt }) => pushedAt < now - count.days * day);

/** What expires at `now` (milliseconds since the epoch), oldest first. `rules` are by priority. */
export const decideExpiry = (
  rules: readonly LifecycleRule[],
  images: readonly LifecycleImage[],
  now: number,
): readonly Expiry[] => {
  const newestFirst = images.filter(({ follows }) => !follows).toSorted((a, b) => b.pushedAt - a.pushedAt);
  const claimed = new Set<string>();
  const expired: Expiry[] = [];
  for (const rule of rules) {
    const matching = newestFirst.filter(({ tags }) => matchesTags(rule.tags, tags));
    for (const image of counted(rule, matching, now)) {
      if (!claimed.has(image.digest)) expired.push({ image, priority: rule.priority });
    }
    for (const { digest } of matching) claimed.add(digest);
  }
  return expired.toSorted((a, b) => a.image.pushedAt - b.image.pushedAt);
};
