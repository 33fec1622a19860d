/**
 * Ports of a container: what the payload asks for in Docker's words, and what Docker gave in ECS's words. Pure.
 */
import type { PortBinding, PortMap } from '@oreno/engine';
import type { AcsPortMapping } from '../protocol/acs-messages.ts';
import type { ContainerState, NetworkBinding, TaskState } from './task-state.ts';

/** The first host port chosen for each container port range, by `<range>/<protocol>`. */
export type HostPortRanges = Readonly<Record<string, number>>;

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** Reads `8080-8090`; undefined when it is not a range. */
export function parsePortRange(text: string): PortRange | undefined {
  const match = /^(\d{1,5})-(\d{1,5})$/.exec(text);
  if (!match) return undefined;
  const range = { first: Number(match[1]), last: Number(match[2]) };
  return range.first >= 1 && range.last <= 65_535 && range.first <= range.last ? range : undefined;
}

export const protocolOf = (mapping: AcsPortMapping): 'tcp' | 'udp' => mapping.protocol ?? 'tcp';

/** The key under which a range's host ports are kept. */
export const rangeKey = (mapping: AcsPortMapping): string => `${mapping.containerPortRange}/${protocolOf(mapping)}`;

/** Docker publishes in bridge mode alone; elsewhere a container has no network of its own to publish from. */
const publishes = (task: TaskState, container: ContainerState): boolean =>
  task.networkMode === 'bridge' && container.type === 'NORMAL';

/** Docker's ExposedPorts and PortBindings; a host port of 0 is left to Docker. */
export function portBindingsOf(
  task: TaskState,
  container: ContainerState,
  ranges: HostPortRanges,
): { exposed: Record<string, object>; bindings: Record<string, PortBinding[]> } {
  const exposed: Record<string, object> = {};
  const bindings: Record<string, PortBinding[]> = {};
  if (!publishes(task, container)) return { exposed, bindings };
  for (const mapping of container.definition.portMappings ?? []) {
    for (const [containerPort, hostPort] of portsOf(mapping, ranges)) {
      const key = `${containerPort}/${protocolOf(mapping)}`;
      exposed[key] = {};
      bindings[key] = [...(bindings[key] ?? []), { HostPort: hostPort === 0 ? '' : String(hostPort) }];
    }
  }
  return { exposed, bindings };
}

function portsOf(mapping: AcsPortMapping, ranges: HostPortRanges): (readonly [number, number])[] {
  if (mapping.containerPortRange === undefined) return [[mapping.containerPort ?? 0, mapping.hostPort ?? 0]];
  const range = parsePortRange(mapping.containerPortRange);
  const host = ranges[rangeKey(mapping)];
  if (!range || host === undefined) return [];
  return Array.from({ length: range.last - range.first + 1 }, (_, index) => [range.first + index, host + index]);
}

/** The ranges of a container for which host ports must be found before it is created. */
export const rangesOf = (task: TaskState, container: ContainerState): readonly AcsPortMapping[] =>
  publishes(task, container)
    ? (container.definition.portMappings ?? []).filter(({ containerPortRange }) => containerPortRange !== undefined)
    : [];

/**
 * ECS's network bindings of what Docker's inspect shows. IPv6 entries are left out, as Amazon's agent does in bridge
 * mode; the ports of a range are one binding.
 */
export function networkBindingsOf(
  task: TaskState,
  container: ContainerState,
  ports: PortMap | null | undefined,
): readonly NetworkBinding[] {
  if (!publishes(task, container)) return [];
  const ranges = rangesOf(task, container).flatMap((mapping) => {
    const range = parsePortRange(mapping.containerPortRange ?? '');
    return range ? [{ mapping, range }] : [];
  });
  const bindings: NetworkBinding[] = [];
  for (const [key, given] of Object.entries(ports ?? {})) {
    const [port, protocol] = key.split('/');
    const containerPort = Number(port);
    if (protocol !== 'tcp' && protocol !== 'udp') continue;
    const inRange = ranges.find(
      ({ mapping, range }) =>
        protocolOf(mapping) === protocol && range.first <= containerPort && containerPort <= range.last,
    );
    for (const { HostIp = '', HostPort = '' } of given ?? []) {
      if (HostIp.includes(':')) continue;
      const bindIP = HostIp === '' ? '0.0.0.0' : HostIp;
      if (!inRange) bindings.push({ bindIP, containerPort, hostPort: Number(HostPort), protocol });
      else if (containerPort === inRange.range.first)
        bindings.push(rangeBinding(bindIP, inRange.range, Number(HostPort), protocol));
    }
  }
  return bindings;
}

function rangeBinding(bindIP: string, range: PortRange, hostFirst: number, protocol: 'tcp' | 'udp'): NetworkBinding {
  const hostLast = hostFirst + range.last - range.first;
  return {
    bindIP,
    containerPortRange: `${range.first}-${range.last}`,
    hostPortRange: `${hostFirst}-${hostLast}`,
    protocol,
  };
}
