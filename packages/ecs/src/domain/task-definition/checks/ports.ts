/**
 * The rules about networks: which network mode allows which ports, links and names.
 * Pages: PortMapping and ContainerDefinition in the API reference, "Task networking" in the developer guide.
 */
import type { ecs } from '@oreno/aws-wire';
import { firstDuplicate, forEachContainer, invalidCombination, invalidSetting, outside } from '../check.ts';
import type { Check, Container, ContainerCheck } from '../check.ts';

const LAST_PORT = 65_535;
const MOST_RANGES = 100;
const PORT_NAME = /^[a-z0-9_][a-z0-9_-]{0,63}$/;

/** The first and last port of `8080-8090`; undefined when it is not a growing range of ports. */
export const parsePortRange = (text: string): readonly [number, number] | undefined => {
  const match = /^(\d{1,5})-(\d{1,5})$/.exec(text);
  if (match === null) return undefined;
  const [first, last] = [Number(match[1]), Number(match[2])];
  return first >= 1 && last <= LAST_PORT && first < last ? [first, last] : undefined;
};

const mappings = (container: Container): readonly ecs.PortMapping[] => container.portMappings ?? [];

const portNumbers: ContainerCheck = (container) => {
  for (const { containerPort, containerPortRange, hostPort, name } of mappings(container)) {
    if (containerPortRange === undefined) {
      if (containerPort === undefined || outside(containerPort, 1, LAST_PORT)) {
        return invalidSetting('containerPort', container);
      }
      if (outside(hostPort, 0, LAST_PORT)) return invalidSetting('hostPort', container);
    } else {
      if (parsePortRange(containerPortRange) === undefined) return invalidSetting('containerPortRange', container);
      if (containerPort !== undefined || hostPort !== undefined) {
        return invalidCombination(container, "'containerPortRange' excludes 'containerPort' and 'hostPort'.");
      }
    }
    if (name !== undefined && !PORT_NAME.test(name)) return invalidSetting('portMapping name', container);
  }
  return undefined;
};

const rangesDoNotOverlap: ContainerCheck = (container) => {
  const ranges = mappings(container).flatMap(({ containerPortRange, containerPort = 0, protocol = 'tcp' }) => {
    const range =
      containerPortRange === undefined ? [containerPort, containerPort] : parsePortRange(containerPortRange);
    return range === undefined
      ? []
      : [{ protocol, first: range[0] ?? 0, last: range[1] ?? 0, wide: range[0] !== range[1] }];
  });
  if (ranges.filter(({ wide }) => wide).length > MOST_RANGES) {
    return invalidCombination(container, `A container can have at most ${MOST_RANGES} port ranges.`);
  }
  const overlap = ranges.some((range, index) =>
    ranges
      .slice(index + 1)
      .some(
        (other) =>
          (range.wide || other.wide) &&
          range.protocol === other.protocol &&
          range.first <= other.last &&
          other.first <= range.last,
      ),
  );
  return overlap ? invalidCombination(container, 'Container port ranges cannot overlap.') : undefined;
};

const networkModeAllowsPorts: ContainerCheck = (container, { networkMode }) => {
  if (networkMode === 'none' && mappings(container).length > 0) {
    return 'Port mappings are not supported when networkMode=none.';
  }
  if (
    networkMode === 'host' &&
    mappings(container).some(({ containerPortRange }) => containerPortRange !== undefined)
  ) {
    return 'Container port ranges are not supported when networkMode=host.';
  }
  if (networkMode !== 'awsvpc' && networkMode !== 'host') return undefined;
  const differs = mappings(container).some(
    ({ containerPort, hostPort = 0 }) => hostPort !== 0 && hostPort !== containerPort,
  );
  return differs
    ? `When networkMode=${networkMode}, the host ports and container ports in port mappings must match.`
    : undefined;
};

/** The host port a mapping takes for certain: none for a dynamic one. */
const fixedHostPort = (mapping: ecs.PortMapping, networkMode: ecs.NetworkMode | undefined): number | undefined => {
  const shared = networkMode === 'awsvpc' || networkMode === 'host';
  const port = shared ? mapping.containerPort : mapping.hostPort;
  return port === undefined || port === 0 ? undefined : port;
};

const hostPortsAreUnique: Check = ({ containerDefinitions, networkMode }) => {
  const taken = containerDefinitions.flatMap(mappings).flatMap((mapping) => {
    const port = fixedHostPort(mapping, networkMode);
    return port === undefined ? [] : [`${(mapping.protocol ?? 'tcp').toUpperCase()} host port '${port}'`];
  });
  const duplicate = firstDuplicate(taken);
  return duplicate === undefined ? undefined : `${duplicate} is mapped multiple times in task.`;
};

const portNamesAreUnique: Check = ({ containerDefinitions }) => {
  const names = containerDefinitions.flatMap(mappings).flatMap(({ name }) => (name === undefined ? [] : [name]));
  const duplicate = firstDuplicate(names);
  return duplicate === undefined
    ? undefined
    : `The port mapping name '${duplicate}' is used more than once in the task.`;
};

const links: ContainerCheck = (container, { networkMode, containerDefinitions }) => {
  const wanted = container.links ?? [];
  if (wanted.length === 0) return undefined;
  if (networkMode !== undefined && networkMode !== 'bridge') {
    return `Links are not supported when networkMode=${networkMode}.`;
  }
  const bad = wanted.find((link) => {
    const [target] = link.split(':');
    return (
      !/^[a-zA-Z0-9_-]{1,255}(:[a-zA-Z0-9_-]{1,255})?$/.test(link) ||
      target === container.name ||
      !containerDefinitions.some(({ name }) => name === target)
    );
  });
  return bad === undefined ? undefined : invalidCombination(container, `Invalid link '${bad}'.`);
};

const namesInTheNetwork: ContainerCheck = (container, { networkMode }) => {
  if (networkMode !== 'awsvpc') return undefined;
  if (container.hostname !== undefined) return 'The hostname is not supported on container when networkMode=awsvpc.';
  return (container.extraHosts ?? []).length > 0 ? 'Extra hosts are not supported when networkMode=awsvpc.' : undefined;
};

export const portChecks: readonly Check[] = [
  forEachContainer([portNumbers, rangesDoNotOverlap, networkModeAllowsPorts, links, namesInTheNetwork]),
  hostPortsAreUnique,
  portNamesAreUnique,
];
