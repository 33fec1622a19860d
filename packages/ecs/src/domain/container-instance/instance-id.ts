/** The id of an instance that registers for the first time. */
import { createHash } from 'node:crypto';
import type { Scope } from '../../records.ts';

/**
 * 32 hexadecimal digits that belong to an agent's client token: the agent sends the same token again when an
 * answer was lost, and must find the instance it made then instead of a second one.
 */
export const instanceIdOf = (
  { account, region, clusterName }: Scope & { readonly clusterName: string },
  clientToken: string,
): string =>
  createHash('sha256')
    .update(JSON.stringify([account, region, clusterName, clientToken]))
    .digest('hex')
    .slice(0, 32);
