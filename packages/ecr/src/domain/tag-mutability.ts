/** Which tags of a repository may be moved (Amazon ECR user guide, "Preventing image tags from being overwritten"). */

export type ImageTagMutability = 'MUTABLE' | 'IMMUTABLE' | 'IMMUTABLE_WITH_EXCLUSION' | 'MUTABLE_WITH_EXCLUSION';

export interface ExclusionFilter {
  readonly filterType: 'WILDCARD';
  /** A tag with up to two `*`, each standing for any number of characters. */
  readonly filter: string;
}

export interface TagMutability {
  readonly imageTagMutability: ImageTagMutability;
  readonly exclusionFilters?: readonly ExclusionFilter[] | undefined;
}

/** Whether the whole tag matches a text in which `*` stands for any run of characters. */
export const matchesWildcard = (pattern: string, tag: string): boolean => {
  const parts = pattern.split('*');
  const first = parts[0] ?? '';
  if (parts.length === 1) return tag === first;
  const last = parts.at(-1) ?? '';
  if (!tag.startsWith(first) || !tag.endsWith(last) || tag.length < first.length + last.length) return false;
  const end = tag.length - last.length;
  let position = first.length;
  for (const part of parts.slice(1, -1)) {
    const found = tag.indexOf(part, position);
    if (found === -1 || found + part.length > end) return false;
    position = found + part.length;
  }
  return true;
};

/** Whether an existing tag must stay where it is. */
export const isTagImmutable = (settings: TagMutability, tag: string): boolean => {
  const excluded = (settings.exclusionFilters ?? []).some(({ filter }) => matchesWildcard(filter, tag));
  return settings.imageTagMutability.startsWith('IMMUTABLE') !== excluded;
};

/** Why the filters do not fit the setting, or undefined when they do. */
export const faultOfMutability = (settings: TagMutability): string | undefined => {
  const filters = settings.exclusionFilters;
  if (settings.imageTagMutability.endsWith('_WITH_EXCLUSION')) {
    if (filters === undefined || filters.length === 0) {
      return `ImageTagMutabilityExclusionFilters can't be null when imageTagMutability is set as ${settings.imageTagMutability}`;
    }
  } else if (filters !== undefined && filters.length > 0) {
    return `imageTagMutabilityExclusionFilters cannot be set when imageTagMutability is ${settings.imageTagMutability}`;
  }
  const crowded = filters?.find(({ filter }) => filter.split('*').length > 3);
  return crowded === undefined ? undefined : `The filter '${crowded.filter}' has more than two wildcards`;
};
