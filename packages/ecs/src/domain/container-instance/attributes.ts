/**
 * The attributes of a container instance: those that its agent registers, whose names ECS reserves, and the
 * custom ones that people add. Page: Attribute and PutAttributes in the API reference.
 */
import { AwsError } from '@oreno/aws-wire';
import type { ecs } from '@oreno/aws-wire';
import { invalidParameter } from '../errors.ts';

const NAME = /^[a-zA-Z0-9\-_/\\.]{1,128}$/;
const VALUE = /^(?! )[a-zA-Z0-9\-_.@/\\: ]{1,128}(?<! )$/;

/** How many custom attributes an instance can have, and one call can name. */
export const MOST_CUSTOM_ATTRIBUTES = 10;

/** Whether somebody other than the agent put it there. */
export const isCustom = ({ name }: ecs.Attribute): boolean => !/^(ecs|com\.amazonaws\.ecs)\./.test(name);

/** Refuses names and values outside their grammar (InvalidParameterException). The value may be missing or empty. */
export const validateAttribute = ({ name, value }: ecs.Attribute): void => {
  if (!NAME.test(name)) throw invalidParameter(`Invalid attribute name: ${name}`);
  if (value !== undefined && value !== '' && !VALUE.test(value)) {
    throw invalidParameter(`Invalid value of attribute ${name}`);
  }
};

/** Only the two members that an attribute keeps. */
const plain = ({ name, value }: ecs.Attribute): ecs.Attribute =>
  value === undefined || value === '' ? { name } : { name, value };

/** The attributes after some were put: a new value replaces the old one, and nothing is there twice. */
export const mergeAttributes = (
  current: readonly ecs.Attribute[],
  added: readonly ecs.Attribute[],
): readonly ecs.Attribute[] => {
  const merged = new Map(current.map((attribute) => [attribute.name, attribute]));
  for (const attribute of added) merged.set(attribute.name, plain(attribute));
  return [...merged.values()];
};

/**
 * The attributes after PutAttributes. Throws InvalidParameterException for a name that ECS reserves to the
 * agent, AttributeLimitExceededException when there would be too many.
 */
export const withCustomAttributes = (
  current: readonly ecs.Attribute[],
  added: readonly ecs.Attribute[],
): readonly ecs.Attribute[] => {
  const reserved = added.find((attribute) => !isCustom(attribute));
  if (reserved !== undefined) {
    throw invalidParameter(`The attribute name ${reserved.name} is reserved for Amazon ECS.`);
  }
  const merged = mergeAttributes(current, added);
  if (merged.filter(isCustom).length > MOST_CUSTOM_ATTRIBUTES) {
    throw new AwsError(
      'AttributeLimitExceededException',
      `You can apply up to ${MOST_CUSTOM_ATTRIBUTES} custom attributes for each resource.`,
    );
  }
  return merged;
};

export const attributeValue = (attributes: readonly ecs.Attribute[], name: string): string | undefined =>
  attributes.find((attribute) => attribute.name === name)?.value;
