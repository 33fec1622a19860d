/** The network and volume calls of the Engine API. */
import type { NetworkInspect, Volume } from './engine-types.ts';
import type { NetworkCalls, VolumeCalls } from './engine.ts';
import type { Transport } from './transport.ts';

const networkPath = (id: string) => `/networks/${encodeURIComponent(id)}`;
const volumePath = (name: string) => `/volumes/${encodeURIComponent(name)}`;

export function networkCalls(transport: Transport): NetworkCalls {
  return {
    create: (body, options) =>
      transport.json({
        method: 'POST',
        path: '/networks/create',
        json: body,
        operation: 'create network',
        subject: body.Name,
        ...options,
      }),
    inspect: (id, options) =>
      transport.json<NetworkInspect>({
        method: 'GET',
        path: networkPath(id),
        operation: 'inspect network',
        subject: id,
        ...options,
      }),
    list: (query, options) =>
      transport.json<NetworkInspect[]>({
        method: 'GET',
        path: '/networks',
        query: { filters: query?.filters && JSON.stringify(query.filters) },
        operation: 'list networks',
        ...options,
      }),
    connect: (id, container, endpoint, options) =>
      transport.empty({
        method: 'POST',
        path: `${networkPath(id)}/connect`,
        json: { Container: container, EndpointConfig: endpoint },
        operation: 'connect network',
        subject: id,
        ...options,
      }),
    disconnect: (id, container, how, options) =>
      transport.empty({
        method: 'POST',
        path: `${networkPath(id)}/disconnect`,
        json: { Container: container, Force: how?.force ?? false },
        operation: 'disconnect network',
        subject: id,
        ...options,
      }),
    remove: (id, options) =>
      transport.empty({
        method: 'DELETE',
        path: networkPath(id),
        operation: 'remove network',
        subject: id,
        ...options,
      }),
  };
}

export function volumeCalls(transport: Transport): VolumeCalls {
  return {
    create: (body, options) =>
      transport.json<Volume>({
        method: 'POST',
        path: '/volumes/create',
        json: body,
        operation: 'create volume',
        subject: body.Name,
        ...options,
      }),
    inspect: (name, options) =>
      transport.json<Volume>({
        method: 'GET',
        path: volumePath(name),
        operation: 'inspect volume',
        subject: name,
        ...options,
      }),
    async list(query, options) {
      const answer = await transport.json<{ Volumes: Volume[] | null }>({
        method: 'GET',
        path: '/volumes',
        query: { filters: query?.filters && JSON.stringify(query.filters) },
        operation: 'list volumes',
        ...options,
      });
      return answer.Volumes ?? [];
    },
    remove: (name, how, options) =>
      transport.empty({
        method: 'DELETE',
        path: volumePath(name),
        query: { force: how?.force },
        operation: 'remove volume',
        subject: name,
        ...options,
      }),
  };
}
