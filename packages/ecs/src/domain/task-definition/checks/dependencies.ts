/**
 * The rules about the order in which containers start: dependencies name containers of the task, can be
 * fulfilled, and do not run in a circle. Page: ContainerDependency in the API reference.
 */
import { forEachContainer, invalidCombination } from '../check.ts';
import type { Check, Container, ContainerCheck } from '../check.ts';

const dependencies: ContainerCheck = (container, { containerDefinitions }) => {
  for (const { containerName, condition } of container.dependsOn ?? []) {
    const target = containerDefinitions.find(({ name }) => name === containerName);
    if (target === undefined) {
      return invalidCombination(container, `The dependency container '${containerName}' does not exist in the task.`);
    }
    if (target === container) return invalidCombination(container, 'A container cannot depend on itself.');
    if (condition === 'HEALTHY' && target.healthCheck === undefined) {
      return `A dependency container with HEALTHY condition must have a health check: '${containerName}' has none.`;
    }
    if ((condition === 'SUCCESS' || condition === 'COMPLETE') && target.essential !== false) {
      return 'A dependency container with SUCCESS or COMPLETE condition cannot be an essential container';
    }
  }
  return undefined;
};

/** What must be there before a container: dependencies, links and the containers it takes volumes from. */
const predecessors = ({ dependsOn = [], links = [], volumesFrom = [] }: Container): readonly string[] => [
  ...dependsOn.map(({ containerName }) => containerName),
  ...links.map((link) => link.split(':')[0] ?? ''),
  ...volumesFrom.map(({ sourceContainer = '' }) => sourceContainer),
];

/** Takes away, again and again, containers that wait for nothing: what is left waits for itself. */
export const hasCycle = (containers: readonly Container[]): boolean => {
  const waiting = new Map(containers.map((container) => [container.name ?? '', predecessors(container)]));
  for (let before = waiting.size + 1; waiting.size < before;) {
    before = waiting.size;
    for (const [name, names] of waiting) {
      if (!names.some((predecessor) => waiting.has(predecessor))) waiting.delete(name);
    }
  }
  return waiting.size > 0;
};

const noCycle: Check = ({ containerDefinitions }) =>
  hasCycle(containerDefinitions) ? 'There is a cycle in the dependencies of the containers.' : undefined;

export const dependencyChecks: readonly Check[] = [forEachContainer([dependencies]), noCycle];
