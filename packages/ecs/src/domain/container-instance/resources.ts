/**
 * A container instance's resources between the API's list of typed values and the record.
 * Page: Resource in the API reference; the names are those that container agents register.
 */
import type { ecs } from '@oreno/aws-wire';
import type { InstanceResources } from '../../records.ts';
import { invalidParameter } from '../errors.ts';

const LAST_PORT = 65_535;

const numberOf = (resources: readonly ecs.Resource[], name: string): number => {
  const resource = resources.find((candidate) => candidate.name === name);
  const value = resource?.integerValue ?? resource?.longValue ?? resource?.doubleValue ?? 0;
  if (!Number.isFinite(value) || value < 0) throw invalidParameter(`Invalid value of resource ${name}.`);
  return Math.trunc(value);
};

const portsOf = (resources: readonly ecs.Resource[], name: string): readonly number[] =>
  (resources.find((candidate) => candidate.name === name)?.stringSetValue ?? []).map((text) => {
    const port = Number(text);
    if (!/^\d+$/.test(text) || port < 1 || port > LAST_PORT) {
      throw invalidParameter(`Invalid value of resource ${name}: ${text}`);
    }
    return port;
  });

/** Reads `totalResources` and `platformDevices`. Throws InvalidParameterException for values that cannot be. */
export const parseResources = (
  totalResources: readonly ecs.Resource[] | undefined,
  platformDevices: readonly ecs.PlatformDevice[] | undefined,
): InstanceResources => ({
  cpu: numberOf(totalResources ?? [], 'CPU'),
  memory: numberOf(totalResources ?? [], 'MEMORY'),
  ports: portsOf(totalResources ?? [], 'PORTS'),
  portsUdp: portsOf(totalResources ?? [], 'PORTS_UDP'),
  gpus: (platformDevices ?? []).filter(({ type }) => type === 'GPU').map(({ id }) => id),
});

const integer = (name: string, integerValue: number): ecs.Resource => ({
  name,
  type: 'INTEGER',
  doubleValue: 0,
  longValue: 0,
  integerValue,
});

const stringSet = (name: string, values: readonly (string | number)[]): ecs.Resource => ({
  name,
  type: 'STRINGSET',
  doubleValue: 0,
  longValue: 0,
  integerValue: 0,
  stringSetValue: values.map(String),
});

/** The resources as the API lists them; `gpus` says whether the instance has any at all. */
export const formatResources = (resources: InstanceResources, gpus: boolean): readonly ecs.Resource[] => [
  integer('CPU', resources.cpu),
  integer('MEMORY', resources.memory),
  stringSet('PORTS', resources.ports),
  stringSet('PORTS_UDP', resources.portsUdp),
  ...(gpus ? [stringSet('GPU', resources.gpus)] : []),
];
