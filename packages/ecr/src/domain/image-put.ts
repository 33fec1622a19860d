/**
 * Whether a manifest may be stored in a repository under a tag. Pure: from what is there to what to write or why
 * not. The API and the distribution endpoints share it and word its refusals each in their own way.
 */
import { isTagImmutable } from './tag-mutability.ts';
import type { TagMutability } from './tag-mutability.ts';

/** ECR's limit of tags on one image. */
export const mostTagsOfImage = 1000;

export type ImageFault =
  | { readonly kind: 'missingLayers'; readonly digests: readonly string[] }
  | { readonly kind: 'missingImages'; readonly digests: readonly string[] }
  /** The tag may not be moved from the digest it is `on`. */
  | { readonly kind: 'immutableTag'; readonly tag: string; readonly on: string }
  | { readonly kind: 'tooManyTags' };

/** What the repository has of what the manifest needs. */
export interface ImagePutSnapshot {
  readonly repository: TagMutability;
  readonly missingLayers: readonly string[];
  readonly missingImages: readonly string[];
  /** The digest that each wanted tag is on now. */
  readonly tagged: ReadonlyMap<string, string>;
  /** The image is archived, and the push brings it back: its own tags are not moved by that. */
  readonly restores: boolean;
  /** How many tags the image has already. */
  readonly tagCount: number;
}

/** The reason to refuse, or undefined to store. */
export const decideImagePut = (
  digest: string,
  wantedTags: readonly string[],
  snapshot: ImagePutSnapshot,
): ImageFault | undefined => {
  if (snapshot.missingLayers.length > 0) return { kind: 'missingLayers', digests: snapshot.missingLayers };
  if (snapshot.missingImages.length > 0) return { kind: 'missingImages', digests: snapshot.missingImages };
  for (const tag of wantedTags) {
    const on = snapshot.tagged.get(tag);
    if (on === digest && snapshot.restores) continue;
    if (on !== undefined && isTagImmutable(snapshot.repository, tag)) return { kind: 'immutableTag', tag, on };
  }
  const added = wantedTags.filter((tag) => snapshot.tagged.get(tag) !== digest).length;
  return snapshot.tagCount + added > mostTagsOfImage ? { kind: 'tooManyTags' } : undefined;
};

/** The sentence for a missing layer or image. */
export const missingMessage = (
  what: 'Layers' | 'Images',
  digests: readonly string[],
  { repositoryName, account }: { readonly repositoryName: string; readonly account: string },
): string =>
  `${what} with digests '[${digests.join(', ')}]' required for pushing image into repository with name '${repositoryName}' in the registry with id '${account}' do not exist`;

/** The sentence for a tag that may not be moved. */
export const immutableTagMessage = (tag: string, repositoryName: string): string =>
  `The image tag '${tag}' already exists in the '${repositoryName}' repository and cannot be overwritten because the repository is immutable.`;
