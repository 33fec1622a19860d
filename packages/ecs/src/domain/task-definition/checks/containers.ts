/**
 * The rules about what every container has: a name, an image, CPU, memory, and one that is essential.
 * Page: ContainerDefinition in the API reference.
 */
import { NAME, firstDuplicate, forEachContainer, invalidCombination, invalidSetting } from '../check.ts';
import type { Check, ContainerCheck } from '../check.ts';

/** "Task definition max containers" of the service quotas. */
const MOST_CONTAINERS = 10;
const LEAST_MEMORY_MIB = 4;

const isThere: Check = ({ containerDefinitions }) => {
  if (containerDefinitions.length === 0) return 'Container list cannot be empty.';
  return containerDefinitions.length > MOST_CONTAINERS
    ? `Container list cannot have more than ${MOST_CONTAINERS} containers.`
    : undefined;
};

const name: ContainerCheck = ({ name: value }) => {
  if (value === undefined || value === '') return 'Container.name should not be null or empty.';
  if (!NAME.test(value)) return 'Container.name contains invalid characters.';
  // The container agent takes a container of this name for its own Service Connect proxy and kills it.
  return value === 'service-connect' ? "Container.name 'service-connect' is reserved." : undefined;
};

const image: ContainerCheck = ({ image: value }) => {
  if (value === undefined || value === '') return 'Container.image should not be null or empty.';
  const [repository = '', digest] = value.split('@', 2);
  if (repository.length > 255) return 'Container.image repository should be 255 characters or less.';
  if (/\s/.test(value)) return 'Container.image contains invalid characters.';
  return digest !== undefined && !/^sha256:[A-Fa-f0-9]{64}$/.test(digest)
    ? 'Container.image contains an invalid image digest.'
    : undefined;
};

const namesAreUnique: Check = ({ containerDefinitions }) => {
  const duplicate = firstDuplicate(containerDefinitions.map((container) => container.name));
  return duplicate === undefined ? undefined : `Container name '${duplicate}' is used more than once in the task.`;
};

const oneIsEssential: Check = ({ containerDefinitions }) =>
  containerDefinitions.some(({ essential }) => essential !== false)
    ? undefined
    : 'At least one container in the task definition must be essential.';

const cpu: ContainerCheck = (container) =>
  container.cpu !== undefined && container.cpu < 0 ? invalidSetting('cpu', container) : undefined;

const memory: ContainerCheck = (container, request) => {
  const { memory: hard, memoryReservation: soft } = container;
  if (hard !== undefined && hard < LEAST_MEMORY_MIB) return invalidSetting('memory', container);
  if (soft !== undefined && soft < LEAST_MEMORY_MIB) return invalidSetting('memoryReservation', container);
  if (hard !== undefined && soft !== undefined && hard < soft) {
    return invalidCombination(container, "The 'memory' must be greater than or equal to the 'memoryReservation'.");
  }
  return hard === undefined && soft === undefined && request.memory === undefined
    ? invalidCombination(container, "At least one of 'memory' or 'memoryReservation' must be specified.")
    : undefined;
};

const secondsAreNotNegative: ContainerCheck = (container) => {
  if (container.startTimeout !== undefined && container.startTimeout < 0) {
    return invalidSetting('startTimeout', container);
  }
  return container.stopTimeout !== undefined && container.stopTimeout < 0
    ? invalidSetting('stopTimeout', container)
    : undefined;
};

export const containerChecks: readonly Check[] = [
  isThere,
  forEachContainer([name, image]),
  namesAreUnique,
  oneIsEssential,
  forEachContainer([cpu, memory, secondsAreNotNegative]),
];
