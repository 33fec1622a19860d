/** The shape of one registration rule, and running rules in order. */
import type { ecs } from '@oreno/aws-wire';

export type Registration = ecs.RegisterTaskDefinitionRequest;
export type Container = ecs.ContainerDefinition;

/** A rule: the text of ECS's ClientException when the request breaks it. */
export type Check = (request: Registration) => string | undefined;

/** A rule about each container by itself. */
export type ContainerCheck = (container: Container, request: Registration) => string | undefined;

/** The first refusal, in the order of the rules. */
export const firstRefusal = (checks: readonly Check[], request: Registration): string | undefined => {
  for (const check of checks) {
    const refusal = check(request);
    if (refusal !== undefined) return refusal;
  }
  return undefined;
};

/** Makes a rule about containers one about the request: container by container, each with all rules. */
export const forEachContainer =
  (checks: readonly ContainerCheck[]): Check =>
  (request) => {
    for (const container of request.containerDefinitions) {
      for (const check of checks) {
        const refusal = check(container, request);
        if (refusal !== undefined) return refusal;
      }
    }
    return undefined;
  };

/** ECS's usual text for a member of a container with a value out of its range. */
export const invalidSetting = (member: string, container: Container): string =>
  `Invalid '${member}' setting for container '${container.name ?? ''}'.`;

/** ECS's text for a container's settings that do not go together. */
export const invalidCombination = (container: Container, explanation: string): string =>
  `Invalid setting for container '${container.name ?? ''}'. ${explanation}`;

/** Whether a number is there and outside its range. */
export const outside = (value: number | undefined, least: number, most: number): boolean =>
  value !== undefined && (value < least || value > most);

/** The first value that occurs a second time. */
export const firstDuplicate = <T>(values: readonly T[]): T | undefined =>
  values.find((value, index) => values.indexOf(value) < index);

/** The grammar of families, container names and volume names: 1 to 255 letters, digits, underscores, hyphens. */
export const NAME = /^[a-zA-Z0-9_-]{1,255}$/;
