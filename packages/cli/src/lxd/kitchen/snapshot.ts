/** A snapshot for the length of some work: the state of a running instance at one moment. */
import { Operation, type Lxd } from '@oreno/lxd';

/** Makes it, gives its full name to `work`, and removes it whatever comes. */
export const withSnapshot = async <T>(
  { client }: Lxd,
  instance: string,
  name: string,
  work: (snapshot: string) => Promise<T>,
): Promise<T> => {
  const path = `/instances/${encodeURIComponent(instance)}/snapshots`;
  await new Operation(client, { method: 'POST', path, json: { name, stateful: false }, subject: instance });
  try {
    return await work(`${instance}/${name}`);
  } finally {
    await new Operation(client, { method: 'DELETE', path: `${path}/${name}`, subject: instance });
  }
};
