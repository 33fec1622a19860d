/**
 * What repositories are made with that come by themselves: by a push, by replication, by a pull through the cache
 * (Amazon ECR user guide, "Templates to control repositories created during a pull through cache, create on push, or
 * replication action"). Pure.
 */
import type { ecr } from '@oreno/aws-wire';
import { encryptionOf } from './encryption.ts';
import { invalidParameter } from './exceptions.ts';
import { readLifecyclePolicy } from './lifecycle/policy.ts';
import { isRepositoryName } from './names.ts';
import { isPolicyText } from './policy-text.ts';
import { checkResourceTags } from './resource-tags.ts';
import { faultOfMutability } from './tag-mutability.ts';

export type AppliedFor = ecr.RCTAppliedFor;

export interface RepositoryTemplate {
  /** The namespace that it is for, without the slash; `ROOT` for all that have no template of their own. */
  readonly prefix: string;
  readonly description?: string | undefined;
  readonly encryptionConfiguration?: ecr.EncryptionConfigurationForRepositoryCreationTemplate | undefined;
  readonly resourceTags?: readonly ecr.Tag[] | undefined;
  readonly imageTagMutability?: ecr.ImageTagMutability | undefined;
  readonly imageTagMutabilityExclusionFilters?: readonly ecr.ImageTagMutabilityExclusionFilter[] | undefined;
  readonly repositoryPolicy?: string | undefined;
  readonly lifecyclePolicy?: string | undefined;
  readonly appliedFor: readonly AppliedFor[];
  readonly customRoleArn?: string | undefined;
}

const root = 'ROOT';

/** Throws InvalidParameterException for what no repository could be made with. */
export const checkTemplate = (
  template: RepositoryTemplate,
  scope: { readonly account: string; readonly region: string },
): void => {
  const { prefix, repositoryPolicy = '', lifecyclePolicy = '', resourceTags = [] } = template;
  if (prefix !== root && !isRepositoryName(prefix)) {
    throw invalidParameter('prefix', 'must be ROOT or satisfy the regular expression of repository names');
  }
  const mutability = {
    imageTagMutability: template.imageTagMutability ?? 'MUTABLE',
    exclusionFilters: template.imageTagMutabilityExclusionFilters,
  } as const;
  const fault = faultOfMutability(mutability);
  if (fault !== undefined) throw invalidParameter('imageTagMutabilityExclusionFilters', fault);
  if (repositoryPolicy !== '' && !isPolicyText(repositoryPolicy, 'repository')) {
    throw invalidParameter('repositoryPolicy', 'Invalid repository policy provided');
  }
  const reading = lifecyclePolicy === '' ? undefined : readLifecyclePolicy(lifecyclePolicy);
  if (reading !== undefined && reading.kind !== 'policy') throw invalidParameter('lifecyclePolicy', reading.reason);
  encryptionOf(template.encryptionConfiguration, scope);
  checkResourceTags([], resourceTags);
};

/** The template for a repository of this name: of the longest namespace that it is in, else of ROOT. */
export const templateFor = <T extends Pick<RepositoryTemplate, 'appliedFor' | 'prefix'>>(
  repositoryName: string,
  use: AppliedFor,
  templates: readonly T[],
): T | undefined =>
  templates
    .filter(({ appliedFor }) => appliedFor.includes(use))
    .filter(({ prefix }) => prefix === root || repositoryName.startsWith(`${prefix}/`))
    .toSorted((left, right) => lengthOf(right.prefix) - lengthOf(left.prefix))[0];

const lengthOf = (prefix: string): number => (prefix === root ? 0 : prefix.length);
