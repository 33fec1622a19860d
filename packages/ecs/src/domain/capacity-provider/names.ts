/**
 * How capacity providers are named: by their names or their ARNs. Page: CreateCapacityProvider in the API
 * reference.
 */
import type { Scope } from '../../records.ts';
import { looksLikeArn, parseEcsArn } from '../ecs-arn.ts';
import { invalidParameter } from '../errors.ts';

/** Those that every account has without creating them. */
export const fargateProviders = ['FARGATE', 'FARGATE_SPOT'] as const;

export const isFargateProvider = (name: string): name is (typeof fargateProviders)[number] =>
  fargateProviders.some((provider) => provider === name);

const grammar = /^[a-zA-Z0-9_-]{1,255}$/;
const reserved = /^(aws|ecs|fargate)/i;

/** Refuses a name that no new capacity provider can have (InvalidParameterException). */
export const validateCapacityProviderName = (name: string): void => {
  if (name === '') throw invalidParameter('CapacityProvider name must not be blank.');
  if (!grammar.test(name)) {
    throw invalidParameter(
      'The specified capacity provider name is invalid. Up to 255 characters are allowed, including letters ' +
        '(upper and lowercase), numbers, underscores, and hyphens. Specify a valid name and try again.',
    );
  }
  if (reserved.test(name)) {
    throw invalidParameter(
      'The specified capacity provider name is invalid. The name cannot begin with aws, ecs, or fargate. ' +
        'Specify a valid name and try again.',
    );
  }
};

/** The name in a reference. Throws InvalidParameterException for the ARN of something else. */
export const capacityProviderNameOf = (reference: string, scope: Scope): string => {
  if (!looksLikeArn(reference)) return reference;
  const { type, segments } = parseEcsArn(reference, scope);
  const [name = ''] = segments;
  if (type !== 'capacity-provider' || segments.length !== 1) {
    throw invalidParameter(`Invalid identifier: Expected an identifier of a capacity provider, but was ${reference}`);
  }
  return name;
};
