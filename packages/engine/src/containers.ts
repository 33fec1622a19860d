/** The container calls of the Engine API. */
import type { ContainerInspect, ContainerStats, ContainerSummary } from './container-types.ts';
import type { ContainerCalls, LogChunk, LogsOptions } from './engine.ts';
import { jsonValues } from './json-values.ts';
import { demultiplex } from './multiplexed.ts';
import type { Transport } from './transport.ts';

const pathOf = (id: string) => `/containers/${encodeURIComponent(id)}`;

/** Far away, yet within what a timer takes: for calls that last as long as the container. */
const NO_LIMIT_MS = 2 ** 31 - 2_000;

export function containerCalls(transport: Transport): ContainerCalls {
  return {
    create: (name, body, options) =>
      transport.json({
        method: 'POST',
        path: '/containers/create',
        query: { name },
        json: body,
        operation: 'create container',
        subject: name,
        ...options,
      }),
    start: (id, options) =>
      transport.empty({
        method: 'POST',
        path: `${pathOf(id)}/start`,
        operation: 'start container',
        subject: id,
        ...options,
      }),
    stop: (id, timeoutSeconds, options) =>
      transport.empty({
        method: 'POST',
        path: `${pathOf(id)}/stop`,
        query: { t: timeoutSeconds },
        operation: 'stop container',
        subject: id,
        timeoutMs: timeoutSeconds * 1000 + 120_000,
        ...options,
      }),
    kill: (id, signal, options) =>
      transport.empty({
        method: 'POST',
        path: `${pathOf(id)}/kill`,
        query: { signal },
        operation: 'kill container',
        subject: id,
        ...options,
      }),
    async wait(id, options) {
      const answer = await transport.json<{ StatusCode: number }>({
        method: 'POST',
        path: `${pathOf(id)}/wait`,
        operation: 'wait for container',
        subject: id,
        timeoutMs: NO_LIMIT_MS,
        ...options,
      });
      return answer.StatusCode;
    },
    remove: (id, how, options) =>
      transport.empty({
        method: 'DELETE',
        path: pathOf(id),
        query: { force: how.force, v: how.volumes },
        operation: 'remove container',
        subject: id,
        timeoutMs: 600_000,
        ...options,
      }),
    inspect: (id, options) =>
      transport.json<ContainerInspect>({
        method: 'GET',
        path: `${pathOf(id)}/json`,
        operation: 'inspect container',
        subject: id,
        ...options,
      }),
    list: (query, options) =>
      transport.json<ContainerSummary[]>({
        method: 'GET',
        path: '/containers/json',
        query: { all: query.all, filters: query.filters && JSON.stringify(query.filters) },
        operation: 'list containers',
        ...options,
      }),
    stats: (id, options) => streamStats(transport, id, options),
    statsOnce: (id, options) =>
      transport.json<ContainerStats>({
        method: 'GET',
        path: `${pathOf(id)}/stats`,
        query: { stream: false },
        operation: 'container stats',
        subject: id,
        ...options,
      }),
    logs: (id, options) => streamLogs(transport, id, options),
    update: (id, body, options) =>
      transport.empty({
        method: 'POST',
        path: `${pathOf(id)}/update`,
        json: body,
        operation: 'update container',
        subject: id,
        ...options,
      }),
  };
}

async function* streamStats(
  transport: Transport,
  id: string,
  options: Parameters<ContainerCalls['stats']>[1],
): AsyncGenerator<ContainerStats> {
  const response = await transport.open({
    method: 'GET',
    path: `${pathOf(id)}/stats`,
    query: { stream: true },
    operation: 'container stats',
    subject: id,
    ...options,
  });
  try {
    yield* jsonValues<ContainerStats>(response);
  } finally {
    response.destroy();
  }
}

async function* streamLogs(transport: Transport, id: string, options: LogsOptions = {}): AsyncGenerator<LogChunk> {
  const response = await transport.open({
    method: 'GET',
    path: `${pathOf(id)}/logs`,
    query: {
      follow: options.follow,
      stdout: options.stdout ?? true,
      stderr: options.stderr ?? true,
      timestamps: options.timestamps,
      since: options.since,
      tail: options.tail,
    },
    operation: 'container logs',
    subject: id,
    signal: options.signal,
    timeoutMs: options.timeoutMs,
  });
  try {
    if (!options.tty) yield* demultiplex(response);
    else for await (const data of response as AsyncIterable<Buffer>) yield { stream: 'stdout', data };
  } finally {
    response.destroy();
  }
}
