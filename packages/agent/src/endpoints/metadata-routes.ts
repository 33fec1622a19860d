import type { AgentState } from '../domain/agent-state.ts';
import type { ContainerState, TaskState } from '../domain/task-state.ts';
import type { StatsSampler } from '../telemetry/stats-sampler.ts';
import { type Answer, json, text } from './answer.ts';
import { containerAnswer, type MetadataTags, type MetadataVersion, taskAnswer } from './metadata-shapes.ts';

/**
 * The routes of the task metadata endpoints. Versions 3 and 4 name the container by the id in its environment;
 * version 2 knows the caller by its address, which only awsvpc gives a task of its own.
 */
export interface MetadataParts {
  readonly state: AgentState;
  readonly stats: Pick<StatsSampler, 'latest'>;
  readonly tagsOf: (taskArn: string) => Promise<MetadataTags>;
}

interface Found {
  readonly task: TaskState;
  readonly container: ContainerState;
}

/** Docker's stats as they came; version 4 adds the network rates, always both numbers. */
const statsAnswer = (parts: MetadataParts, dockerId: string | undefined, version: MetadataVersion): object | null => {
  const latest = dockerId === undefined ? undefined : parts.stats.latest(dockerId);
  if (latest === undefined) return null;
  if (version !== 'v4' || latest.stats.networks === undefined) return latest.stats;
  const { rxBytesPerSecond, txBytesPerSecond } = latest.rates;
  return {
    ...latest.stats,
    network_rate_stats: { rx_bytes_per_sec: rxBytesPerSecond, tx_bytes_per_sec: txBytesPerSecond },
  };
};

const taskStats = (parts: MetadataParts, task: TaskState, version: MetadataVersion): object =>
  Object.fromEntries(
    task.containers
      .filter(({ dockerId }) => dockerId !== undefined)
      .map(({ dockerId }) => [dockerId ?? '', statsAnswer(parts, dockerId, version)]),
  );

const associations = ({ task, container }: Found, type: string, name: string | undefined): Answer => {
  const all = (task.payload.associations ?? []).filter(
    (each) => each.type === type && each.containers.includes(container.name),
  );
  if (name === undefined) return json(200, { Associations: all.length === 0 ? null : all.map((each) => each.name) });
  const association = all.find((each) => each.name === name);
  return association === undefined
    ? json(400, `Unable to write association response: no association with type ${type} and name ${name}`)
    : text(200, association.content.value);
};

type Route = (parts: MetadataParts, found: Found, version: MetadataVersion) => Answer | Promise<Answer>;

const routes: Readonly<Record<string, { readonly handler: string; readonly answer: Route }>> = {
  '': {
    handler: 'container metadata',
    answer: (_parts, { task, container }, version) => json(200, containerAnswer(task, container, version)),
  },
  '/task': {
    handler: 'task metadata',
    answer: ({ state }, { task }, version) => json(200, taskAnswer(task, state.identity, version)),
  },
  '/taskWithTags': {
    handler: 'task metadata',
    answer: async ({ state, tagsOf }, { task }, version) =>
      json(200, taskAnswer(task, state.identity, version, await tagsOf(task.arn))),
  },
  '/stats': {
    handler: 'container stats',
    answer: (parts, { container }, version) => {
      const stats = statsAnswer(parts, container.dockerId, version);
      return stats === null ? json(500, `Unable to get container stats for: ${container.dockerId}`) : json(200, stats);
    },
  },
  '/task/stats': {
    handler: 'task stats',
    answer: (parts, { task }, version) => json(200, taskStats(parts, task, version)),
  },
};

const notFound = (version: MetadataVersion, handler: string, id: string): Answer => {
  const missing = handler.startsWith('container') && !handler.endsWith('stats');
  const what = missing
    ? `unable to get container ID from request: unable to get docker ID from v3 endpoint ID: ${id}`
    : `unable to get task arn from request: unable to get task Arn from v3 endpoint ID: ${id}`;
  return json(404, `${version.toUpperCase()} ${handler} handler: ${what}`);
};

/** Answers a path of version 3 or 4; undefined when it is not one. */
export const answerMetadata = async (parts: MetadataParts, path: string): Promise<Answer | undefined> => {
  const match = /^\/(v3|v4)\/([^/]*)(\/.*)?$/.exec(path);
  if (match === null) return undefined;
  const version = match[1] === 'v3' ? 'v3' : 'v4';
  const id = match[2] ?? '';
  const rest = (match[3] ?? '').replace(/\/$/, '');
  const found = parts.state.findByMetadataId(id);
  const association = /^\/associations\/([^/]+)(?:\/([^/]+))?$/.exec(rest);
  if (association !== null) {
    if (found === undefined) return { ...notFound(version, 'container associations', id), status: 400 };
    return associations(found, association[1] ?? '', association[2]);
  }
  const route = routes[rest];
  if (route === undefined) return undefined;
  return found === undefined ? notFound(version, route.handler, id) : route.answer(parts, found, version);
};

/** Addresses are given again: one belongs to the task that lives, not to those that had it before. */
const byAddress = (state: AgentState, address: string): TaskState | undefined =>
  [...state.tasks.values()].find(
    ({ networkMode, knownStatus, containers }) =>
      networkMode === 'awsvpc' &&
      knownStatus !== 'STOPPED' &&
      containers.some(({ networks }) => networks.some(({ ipv4Addresses }) => ipv4Addresses.includes(address))),
  );

/** Whether an address is that of an awsvpc task here. */
export const isAwsvpcAddress = (state: AgentState, address: string): boolean =>
  byAddress(state, address.replace(/^::ffff:/, '')) !== undefined;

/** Answers a path of version 2 for the awsvpc task with this address; undefined when the path is not one. */
export const answerMetadataV2 = async (
  parts: MetadataParts,
  path: string,
  remoteAddress: string,
): Promise<Answer | undefined> => {
  const match = /^\/v2\/(metadata|metadataWithTags|stats)(?:\/([^/]*))?\/?$/.exec(path);
  if (match === null) return undefined;
  const [, kind = '', dockerId = ''] = match;
  const address = remoteAddress.replace(/^::ffff:/, '');
  const task = byAddress(parts.state, address);
  if (task === undefined) {
    return json(400, `Unable to get task arn from request: unable to associate '${address}' with task`);
  }
  if (dockerId !== '') {
    const container = task.containers.find((each) => each.dockerId === dockerId);
    const answer =
      container === undefined
        ? null
        : kind === 'stats'
          ? statsAnswer(parts, dockerId, 'v2')
          : containerAnswer(task, container, 'v2');
    if (answer !== null) return json(200, answer);
    const failed =
      kind === 'stats'
        ? `Unable to get container stats for: ${dockerId}`
        : `Unable to generate metadata for container '${dockerId}'`;
    return json(400, failed);
  }
  if (kind === 'stats') return json(200, taskStats(parts, task, 'v2'));
  const tags = kind === 'metadataWithTags' ? await parts.tagsOf(task.arn) : {};
  return json(200, taskAnswer(task, parts.state.identity, 'v2', tags));
};
